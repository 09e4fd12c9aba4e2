# One executable per floor, tests_FLOOR, of every tests/FLOOR/*_test.cc; each TEST in it is a test of CTest's.
# With SVDD_DATA unset, the tests that need real data skip themselves and say so.
include(GoogleTest)

# They are compiled more often than they run; under a sanitizer SVDD_SANITIZE_LEVEL says.
set(svdd_test_level -O1)
if(SVDD_SANITIZE)
  set(svdd_test_level ${SVDD_SANITIZE_LEVEL})
endif()

# The tests of backends: compiled once, for the CUDA backend that the executor runs on the host (in tests_engine) and for
# the one of a real card (tests_engine_cuda).
set(tests_of_backends parity capture root_quantile nearest_point nearest_candidates golden_ops golden_losses
                      golden_optimizers golden_trajectory tensor_cores)
list(TRANSFORM tests_of_backends PREPEND ${PROJECT_SOURCE_DIR}/tests/engine/)
list(TRANSFORM tests_of_backends APPEND _test.cc)
add_library(tests_of_backends OBJECT EXCLUDE_FROM_ALL ${tests_of_backends})
target_compile_options(tests_of_backends PRIVATE ${svdd_test_level})
target_compile_definitions(tests_of_backends PRIVATE SVDD_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden")
target_include_directories(tests_of_backends SYSTEM PRIVATE ${SVDD_JSON_INCLUDE})
target_link_libraries(tests_of_backends PRIVATE svdd_engine ${svdd_gtest})
compile_together(tests_of_backends)
# So is what svdd/ does on a device: for tests_svdd, and for the card's program.
set(tests_on_devices ${PROJECT_SOURCE_DIR}/tests/svdd/clustering/on_a_device_test.cc)
add_library(tests_on_devices OBJECT EXCLUDE_FROM_ALL ${tests_on_devices})
target_compile_options(tests_on_devices PRIVATE ${svdd_test_level})
target_compile_definitions(tests_on_devices PRIVATE SVDD_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden")
target_include_directories(tests_on_devices SYSTEM PRIVATE ${SVDD_JSON_INCLUDE})
target_link_libraries(tests_on_devices PRIVATE svdd_methods ${svdd_gtest})

# One has an operator new of its own, the other CUDA's names.
set_source_files_properties(tests/engine/allocation_test.cc tests/engine/cuda_on_host_test.cc
                            PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)

# Each file's names stand in a namespace called as the file, so that they may be compiled together. Further arguments: other
# libraries to link.
function(add_floor_tests floor library)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS tests/${floor}/*_test.cc)
  list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/ REGEX "^[^/]")
  if(floor STREQUAL "engine")
    list(REMOVE_ITEM sources ${tests_of_backends})
    list(APPEND sources $<TARGET_OBJECTS:tests_of_backends>)
  elseif(floor STREQUAL "svdd")
    list(REMOVE_ITEM sources ${tests_on_devices})
    list(APPEND sources $<TARGET_OBJECTS:tests_on_devices>)
  endif()
  if(NOT sources)
    return()
  endif()
  set(target tests_${floor})
  add_executable(${target} ${sources})
  target_compile_options(${target} PRIVATE ${svdd_test_level})
  target_compile_definitions(${target} PRIVATE SVDD_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden")
  target_include_directories(${target} SYSTEM PRIVATE ${SVDD_JSON_INCLUDE} ${SVDD_STB_INCLUDE})
  target_link_libraries(${target} PRIVATE ${library} ${ARGN} ${svdd_gtest})
  compile_together(${target})
  if(floor MATCHES "^(tools|c)$" AND TARGET svdd)
    target_compile_definitions(${target} PRIVATE SVDD_BINARY="$<TARGET_FILE:svdd>")
    add_dependencies(${target} svdd)
  endif()
  gtest_discover_tests(${target} TEST_PREFIX ${floor}/ DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${floor} TIMEOUT 600)
endfunction()

add_floor_tests(engine svdd_engine svdd_cuda_on_host)
add_floor_tests(datasets svdd_datasets ${svdd_image_packages})  # which write the pictures that are read
add_floor_tests(svdd svdd_methods svdd_cuda_on_host)
if(SVDD_WITH_C)
  add_floor_tests(c svdd_c svdd_methods)
endif()
if(SVDD_WITH_TOOL)
  add_floor_tests(tools svdd_tools)
  # Makes an allocation of the command fail that a test chooses; under a sanitizer memory is the sanitizer's, and the
  # CUDA runtime, which begins before main, ends the process by a signal where it gets none.
  if(NOT SVDD_SANITIZE AND NOT SVDD_HAVE_CUDA AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    add_library(failing_malloc MODULE tests/tools/failing_malloc.cc)
    target_compile_definitions(tests_tools PRIVATE SVDD_FAILING_MALLOC="$<TARGET_FILE:failing_malloc>")
    add_dependencies(tests_tools failing_malloc)
  endif()
  # A few kills of many: `make kills` does them all.
  find_program(SVDD_STRACE strace)
  if(SVDD_STRACE AND NOT SVDD_SANITIZE)
    add_test(NAME tools/kill_everywhere_sample
             COMMAND ${PROJECT_SOURCE_DIR}/tests/tools/kill_everywhere.py --svdd $<TARGET_FILE:svdd> --every 50 --random 8)
    set_tests_properties(tools/kill_everywhere_sample PROPERTIES LABELS tools TIMEOUT 900 SKIP_RETURN_CODE 77)
  endif()
endif()

# The tests of backends again, on a real card; where there is none, they skip themselves.
if(SVDD_HAVE_CUDA)
  add_executable(tests_engine_cuda tests/engine/on_a_card.cc tests/engine/cuda_convolution_test.cc
                                   $<TARGET_OBJECTS:tests_of_backends> $<TARGET_OBJECTS:tests_on_devices>)
  target_compile_options(tests_engine_cuda PRIVATE ${svdd_test_level})
  target_include_directories(tests_engine_cuda SYSTEM PRIVATE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
  target_link_libraries(tests_engine_cuda PRIVATE svdd_methods svdd_cuda ${svdd_gtest})
  gtest_discover_tests(tests_engine_cuda TEST_PREFIX engine_cuda/ DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS cuda TIMEOUT 600)
endif()

# The Python module, where Debian's Python is; what lacks numpy or scikit-learn is skipped, and says so.
if(SVDD_WITH_C AND SVDD_PYTHON AND NOT SVDD_SANITIZE)
  add_test(NAME python/svdd COMMAND ${SVDD_PYTHON} ${PROJECT_SOURCE_DIR}/tests/python/test_svdd.py)
  set(command)
  if(TARGET svdd)
    set(command ";SVDD_BINARY=$<TARGET_FILE:svdd>")
  endif()
  set_tests_properties(python/svdd PROPERTIES LABELS python TIMEOUT 900 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONPATH=${PROJECT_SOURCE_DIR}/tools/python;PYTHONDONTWRITEBYTECODE=1;SVDD_LIBRARY=$<TARGET_FILE:svdd_c>${command}")
endif()

# Under a sanitizer the two below say nothing new: they test how we build, not what the code does.
if(NOT SVDD_SANITIZE)
  add_test(NAME install/consumer
           COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DCOMPILER=${CMAKE_CXX_COMPILER}
                   -DLIBDIR=${CMAKE_INSTALL_LIBDIR} -DCONFIG=$<CONFIG> -DNM=${CMAKE_NM}
                   "-DPYTHON=${SVDD_PYTHON}" "-DPYTHON_FOLDER=${SVDD_PYTHON_FOLDER}"
                   -P ${PROJECT_SOURCE_DIR}/tests/install/check_install.cmake)
  set_tests_properties(install/consumer PROPERTIES TIMEOUT 600)
  if(SVDD_X86 AND CMAKE_NM AND CMAKE_BUILD_TYPE STREQUAL "Release")
    add_test(NAME engine/kernels_keep_to_themselves
             COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} "-DOBJECTS=$<TARGET_OBJECTS:svdd_engine>"
                     -P ${PROJECT_SOURCE_DIR}/tests/install/check_kernel_symbols.cmake)
  endif()
endif()
