# `cmake --install`: the command, the libraries, their headers, and a package for find_package(svdd) with the targets
# svdd::engine, svdd::datasets, svdd::methods, svdd::c (libsvdd.so) and svdd::cuda (in a build without CUDA it says so when it
# is asked). The same names serve a project that adds this one as a subfolder. For other builds svdd.pc, and the Python module.
include(CMakePackageConfigHelpers)

set(svdd_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/svdd)
foreach(floor engine cuda datasets methods)
  add_library(svdd::${floor} ALIAS svdd_${floor})
  set_target_properties(svdd_${floor} PROPERTIES EXPORT_NAME ${floor})
  install(TARGETS svdd_${floor} EXPORT svdd_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()
if(TARGET svdd)
  install(TARGETS svdd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

if(TARGET svdd_c)
  add_library(svdd::c ALIAS svdd_c)
  set_target_properties(svdd_c PROPERTIES EXPORT_NAME c)
  install(TARGETS svdd_c EXPORT svdd_targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

  # Relative to where it lies, so that it holds for whichever prefix `cmake --install` is given.
  file(RELATIVE_PATH svdd_up_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" svdd_up_to_prefix "${svdd_up_to_prefix}")
  configure_file(cmake/svdd.pc.in ${PROJECT_BINARY_DIR}/svdd.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/svdd.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

  # Where Debian's python3 looks below /usr/local, and below /usr; elsewhere PYTHONPATH names the folder.
  find_program(SVDD_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH DOC "Python, for the module and its tests")
  find_program(SVDD_PYTHON python3)
  mark_as_advanced(SVDD_PYTHON)
  set(svdd_python_folder lib/python3/site-packages)
  if(SVDD_PYTHON)
    execute_process(COMMAND ${SVDD_PYTHON} -c "import sys
debian = any(p.endswith('dist-packages') for p in sys.path)
print('lib/python%d.%d/%s-packages' % (*sys.version_info[:2], 'dist' if debian else 'site'), end='')"
                    OUTPUT_VARIABLE found RESULT_VARIABLE status ERROR_QUIET)
    if(status EQUAL 0)
      set(svdd_python_folder ${found})
    endif()
  endif()
  set(SVDD_PYTHON_FOLDER "${svdd_python_folder}" CACHE STRING "Where the Python module goes, below the prefix")
  install(DIRECTORY tools/python/svdd DESTINATION ${SVDD_PYTHON_FOLDER} FILES_MATCHING PATTERN "*.py")
endif()

foreach(folder engine datasets svdd)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${folder}/*.h)
  list(FILTER headers EXCLUDE REGEX "/backends/cuda/[^/]*|/c/array_model.h")
  foreach(header IN LISTS headers)
    get_filename_component(header_folder ${header} DIRECTORY)
    install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/svdd/${header_folder})
  endforeach()
endforeach()

install(FILES engine/backends/cuda/cuda.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/svdd/engine/backends/cuda)

install(EXPORT svdd_targets NAMESPACE svdd:: DESTINATION ${svdd_package_folder})
configure_package_config_file(cmake/svdd-config.cmake.in ${PROJECT_BINARY_DIR}/svdd-config.cmake
                              INSTALL_DESTINATION ${svdd_package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/svdd-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/svdd-config.cmake ${PROJECT_BINARY_DIR}/svdd-config-version.cmake cmake/FindWebP.cmake
        DESTINATION ${svdd_package_folder})
