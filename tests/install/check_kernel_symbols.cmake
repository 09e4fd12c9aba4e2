# The kernels for AVX2 and AVX-512 must not define a function that other files define as well (an inline function, an
# instance of a template). The linker keeps one copy for the whole program; were it theirs, a processor without those
# instructions would stop at the first call. The cure is an anonymous namespace.
# Run by CTest: cmake -DNM=... -DOBJECTS=... -P check_kernel_symbols.cmake
list(FILTER OBJECTS INCLUDE REGEX "_avx(2|512)\\.cc")
if(NOT OBJECTS)
  message(FATAL_ERROR "no kernel for AVX2 or AVX-512 among the engine's objects")
endif()
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} --demangle --defined-only ${object} OUTPUT_VARIABLE symbols RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${NM} could not read ${object}")
  endif()
  string(REGEX MATCHALL "[^\n]* W [^\n]*" shared "${symbols}")
  if(shared)
    list(JOIN shared "\n" shared)
    message(SEND_ERROR "${object} defines functions that the linker may share with other files:\n${shared}")
  endif()
endforeach()
