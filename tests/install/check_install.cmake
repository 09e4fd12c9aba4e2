# Installs the build into a fresh folder, then builds and runs, outside the checkout, a program that finds it there.
# Run by CTest: cmake -DBUILD=... -DCOMPILER=... -DLIBDIR=... -DCONFIG=... -P check_install.cmake
set(area ${BUILD}/install_test)
file(REMOVE_RECURSE ${area})

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    string(REPLACE ";" " " command "${ARGV}")
    message(FATAL_ERROR "failed (${status}): ${command}\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${area}/prefix)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${area}/consumer -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_BUILD_TYPE=${CONFIG} -Dsvdd_DIR=${area}/prefix/${LIBDIR}/cmake/svdd)
run(${CMAKE_COMMAND} --build ${area}/consumer --config ${CONFIG})
run(${area}/consumer/consumer)
run(${area}/consumer/first)
if(EXISTS ${area}/prefix/bin/svdd)
  run(${area}/prefix/bin/svdd --help)
endif()
file(REMOVE_RECURSE ${area})
