# Finds OpenBLAS, the shared library and its C interface: OpenBLAS_FOUND, OpenBLAS_LIBRARY, OpenBLAS_INCLUDE_DIR. Works
# with Debian's folders, where cblas.h is a link that another BLAS may own, and with those of other systems.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_OpenBLAS QUIET openblas)
endif()

find_path(OpenBLAS_INCLUDE_DIR cblas.h HINTS ${PC_OpenBLAS_INCLUDE_DIRS}
          PATH_SUFFIXES openblas-pthread openblas-openmp openblas-serial openblas)
find_library(OpenBLAS_LIBRARY NAMES libopenblas.so libopenblas.dylib openblas HINTS ${PC_OpenBLAS_LIBRARY_DIRS}
             PATH_SUFFIXES openblas-pthread openblas-openmp openblas-serial openblas)

if(OpenBLAS_INCLUDE_DIR AND OpenBLAS_LIBRARY AND NOT OpenBLAS_LIBRARY MATCHES "\\.a$")
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_INCLUDES ${OpenBLAS_INCLUDE_DIR})
  set(CMAKE_REQUIRED_LIBRARIES ${OpenBLAS_LIBRARY})
  check_cxx_source_compiles("
    #include <cblas.h>
    int main() {
      const float a = 2.0f, b = 3.0f;
      float c = 0.0f;
      openblas_set_num_threads(1);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 1, 1, 1, 1.0f, &a, 1, &b, 1, 0.0f, &c, 1);
      return c == 6.0f ? 0 : 1;
    }" OpenBLAS_WORKS)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLAS REQUIRED_VARS OpenBLAS_LIBRARY OpenBLAS_INCLUDE_DIR OpenBLAS_WORKS)
mark_as_advanced(OpenBLAS_LIBRARY OpenBLAS_INCLUDE_DIR)
