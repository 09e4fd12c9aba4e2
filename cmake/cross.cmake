# A toolchain file: builds for another processor or system with Debian's compilers, the portable kernels alone.
#   cmake -S . -B build-s390x -DCMAKE_TOOLCHAIN_FILE=cmake/cross.cmake -DSVDD_CROSS=s390x-linux-gnu
# SVDD_CROSS is what the compiler's name begins with (s390x-linux-gnu-g++), or wasm32: emscripten, the command for node; or
# browser: emscripten, the page of tools/browser; or x86_64-w64-mingw32: Windows, by Debian's mingw-w64. The header-only packages
# are named by -DSVDD_JSON_INCLUDE and its like, in a folder without this machine's other headers;
# scripts/check-platforms.sh does all that, names the Debian packages, and runs what was built.
set(SVDD_CROSS "" CACHE STRING "What to build for: the target's name as its compiler has it, or wasm32")
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SVDD_CROSS)

if(SVDD_CROSS STREQUAL "wasm32")
  include(/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake)
  # Its C++ library is older than its compiler. Programs see node's files, and as much memory as 32 bits can name.
  set(CMAKE_CXX_FLAGS_INIT "-msimd128 -fexceptions -include ${CMAKE_CURRENT_LIST_DIR}/emscripten/standard_library.h")
  string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -fexceptions -sNODERAWFS=1 -sEXIT_RUNTIME=1 -sALLOW_MEMORY_GROWTH=1"
                                            " -sMAXIMUM_MEMORY=4GB -sTOTAL_STACK=8MB")
elseif(SVDD_CROSS STREQUAL "browser")
  include(/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake)
  # Exceptions by the processor's instructions, as all browsers have had since 2022: half the size of those by JavaScript.
  set(CMAKE_CXX_FLAGS_INIT
      "-msimd128 -fwasm-exceptions -include ${CMAKE_CURRENT_LIST_DIR}/emscripten/standard_library.h")
  set(CMAKE_EXE_LINKER_FLAGS_INIT "-fwasm-exceptions")
elseif(SVDD_CROSS STREQUAL "")
  message(FATAL_ERROR "Name the target: -DSVDD_CROSS=s390x-linux-gnu, for one.")
elseif(SVDD_CROSS MATCHES "mingw32$")
  set(CMAKE_SYSTEM_NAME Windows)
  string(REGEX MATCH "^[^-]*" CMAKE_SYSTEM_PROCESSOR "${SVDD_CROSS}")
  set(CMAKE_CXX_COMPILER ${SVDD_CROSS}-g++-posix)
  set(SVDD_X86 OFF CACHE BOOL "g++ aligns no stack for the registers of AVX on Windows (its bug 54412)" FORCE)
  set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
else()
  set(CMAKE_SYSTEM_NAME Linux)
  string(REGEX MATCH "^[^-]*" CMAKE_SYSTEM_PROCESSOR "${SVDD_CROSS}")
  set(CMAKE_CXX_COMPILER ${SVDD_CROSS}-g++)
  set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
endif()
