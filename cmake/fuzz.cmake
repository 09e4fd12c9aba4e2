# Fuzz targets, for clang's libFuzzer: tests/fuzz/NAME_fuzzer.cc becomes NAME_fuzzer, to be started with a folder of sound files.
# The libraries want its instruments too (SVDD_SANITIZE=fuzzer-no-link,address,undefined): scripts/fuzz.sh does it all.
file(GLOB fuzzers CONFIGURE_DEPENDS tests/fuzz/*_fuzzer.cc)
foreach(source IN LISTS fuzzers)
  get_filename_component(target ${source} NAME_WE)
  add_executable(${target} EXCLUDE_FROM_ALL ${source})
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${target} PRIVATE svdd_methods)
endforeach()
