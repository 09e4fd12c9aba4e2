# `cmake --install`: the command, the libraries, their headers, and a package for find_package(svdd) with the targets
# svdd::engine, svdd::datasets, svdd::methods and svdd::cuda (in a build without CUDA it says so when it is asked). The same names serve a project that adds this one as a subfolder.
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

foreach(folder engine datasets svdd)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${folder}/*.h)
  list(FILTER headers EXCLUDE REGEX "/backends/cuda/[^/]*")
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
install(FILES ${PROJECT_BINARY_DIR}/svdd-config.cmake ${PROJECT_BINARY_DIR}/svdd-config-version.cmake
        DESTINATION ${svdd_package_folder})
