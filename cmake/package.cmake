# `make deb`: a Debian package of what `make install` installs, under /usr. CPack knows the format; the libraries that the files
# need are found by dpkg-shlibdeps (package dpkg-dev).
if(NOT svdd_is_top_level)
  return()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME svdd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Deep SVDD and its relatives: anomaly detectors that give the same bits everywhere")
set(CPACK_PACKAGE_CONTACT "the svdd developers")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-numpy, python3-sklearn, libopenblas0, curl | wget")
include(CPack)
