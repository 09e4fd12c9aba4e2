# The CUDA compiler, where there is one: sets SVDD_HAVE_CUDA (0 or 1) and svdd_cuda_found, and enables the language.
# nvcc is looked for where CUDACXX or -DCMAKE_CUDA_COMPILER says, on the PATH, and where NVIDIA installs it.
set(SVDD_HAVE_CUDA 0)
set(svdd_cuda_found)
set(svdd_cuda_wanted ${SVDD_WITH_CUDA})
set(svdd_cuda_lacks_gpu OFF)
if(SVDD_WITH_CUDA STREQUAL "AUTO")
  # It is a fifth of the whole build, and of no use where the driver of no GPU is.
  find_program(SVDD_NVIDIA_SMI nvidia-smi)
  mark_as_advanced(SVDD_NVIDIA_SMI)
  if(SVDD_NVIDIA_SMI OR EXISTS /dev/nvidiactl OR EXISTS /dev/dxg)
    set(svdd_cuda_wanted ON)
  else()
    set(svdd_cuda_wanted OFF)
    set(svdd_cuda_lacks_gpu ON)
  endif()
endif()
if(SVDD_SANITIZE)
  set(svdd_cuda_wanted OFF)  # the sanitizers watch the kernels on the host: svdd_cuda_on_host
endif()

if(svdd_cuda_wanted)
  if(CMAKE_CUDA_COMPILER)
    set(nvcc ${CMAKE_CUDA_COMPILER})
  elseif(DEFINED ENV{CUDACXX})
    set(nvcc $ENV{CUDACXX})
  else()
    find_program(SVDD_NVCC nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda/bin /opt/cuda/bin
                 PATH_SUFFIXES bin DOC "NVIDIA's CUDA compiler")
    mark_as_advanced(SVDD_NVCC)
    set(nvcc ${SVDD_NVCC})
  endif()
  set(nvcc_version)
  if(nvcc)
    execute_process(COMMAND ${nvcc} --version OUTPUT_VARIABLE text ERROR_QUIET RESULT_VARIABLE status)
    if(status EQUAL 0 AND text MATCHES "release ([0-9]+\\.[0-9]+)")
      set(nvcc_version ${CMAKE_MATCH_1})
    endif()
  endif()
  if(nvcc_version AND nvcc_version VERSION_LESS 12)
    message(STATUS "CUDA ${nvcc_version} is too old for C++20: the CUDA backend needs 12 or later and is left out")
  elseif(nvcc_version)
    set(CMAKE_CUDA_COMPILER ${nvcc})
    # The host's compiler is the one that compiles the rest.
    if(NOT CMAKE_CUDA_HOST_COMPILER AND NOT DEFINED ENV{CUDAHOSTCXX})
      set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
    endif()
    # Before the language is enabled, because CMake would try an architecture that CUDA 13 no longer knows. Machine
    # code for the A100's generation (which its successors of the same major version run too) and for Hopper's, and
    # PTX for those to come.
    set(CMAKE_CUDA_ARCHITECTURES "80-real;90" CACHE STRING "GPU architectures to compile for")
    enable_language(CUDA)
    set(CMAKE_CUDA_STANDARD 20)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    set(CMAKE_CUDA_EXTENSIONS OFF)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")  # CMake 3.25 does not know that nvcc 12 has it
    endif()
    set(SVDD_HAVE_CUDA 1)
    set(svdd_cuda_found "nvcc ${nvcc_version}, for ${CMAKE_CUDA_ARCHITECTURES}")
  endif()
endif()

# ---- the backend ----------------------------------------------------------------------------------------------

# svdd_cuda stands beside svdd_engine, which needs no CUDA. Without nvcc it holds the reason why there is no backend.
file(GLOB svdd_cuda_sources CONFIGURE_DEPENDS engine/backends/cuda/*.cu)
if(SVDD_HAVE_CUDA)
  add_library(svdd_cuda STATIC ${svdd_cuda_sources})
  # Equal bits: the compiler fuses no multiply and add; divisions, square roots and small numbers are IEEE's (nvcc's
  # own default, said aloud). constexpr functions such as std::bit_cast are called on the device.
  target_compile_options(svdd_cuda PRIVATE
    -fmad=false -prec-div=true -prec-sqrt=true -ftz=false --expt-relaxed-constexpr
    -Xcompiler=-ffp-contract=off,-Wall,-Wextra)
  if(SVDD_WERROR)
    target_compile_options(svdd_cuda PRIVATE --Werror=all-warnings)
  endif()
else()
  add_library(svdd_cuda STATIC engine/backends/cuda/unavailable.cc)
endif()
target_compile_definitions(svdd_cuda PUBLIC SVDD_HAVE_CUDA=${SVDD_HAVE_CUDA})
target_link_libraries(svdd_cuda PUBLIC svdd_engine)

# For tests: the same sources as C++, run by the executor of tests/engine/cuda_on_host in place of a card. Each is
# included by a file of its own, so that CMake takes none of them for CUDA.
if(SVDD_HAVE_TESTS)
  set(sources tests/engine/cuda_on_host/executor.cc)
  foreach(source IN LISTS svdd_cuda_sources)
    get_filename_component(name ${source} NAME_WE)
    set(wrapper ${PROJECT_BINARY_DIR}/cuda_on_host/${name}.cc)
    file(CONFIGURE OUTPUT ${wrapper} CONTENT "#include \"engine/backends/cuda/${name}.cu\"\n")
    list(APPEND sources ${wrapper})
  endforeach()
  add_library(svdd_cuda_on_host STATIC EXCLUDE_FROM_ALL ${sources})
  target_include_directories(svdd_cuda_on_host PUBLIC tests/engine/cuda_on_host)
  target_compile_options(svdd_cuda_on_host PRIVATE -O1 -Wno-unknown-pragmas)  # nvcc's own
  if(SVDD_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(svdd_cuda_on_host PRIVATE -fsanitize-sections=cuda_shared)
  endif()
  target_link_libraries(svdd_cuda_on_host PUBLIC svdd_engine)
endif()
