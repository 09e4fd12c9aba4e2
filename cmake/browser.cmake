# The page of tools/browser: `browser` makes build/browser of the checkout, or what SVDD_PAGE names, a folder for any static
# server. Configured by scripts/build-browser.sh with SVDD_CROSS=browser (cmake/cross.cmake).
set(SVDD_PAGE ${PROJECT_SOURCE_DIR}/build/browser CACHE PATH "The folder of the page")

# Small where words are handled; what computes is left quick (with -Os emscripten forbids inlining, whatever follows).
foreach(floor svdd_datasets svdd_methods)
  target_compile_options(${floor} PRIVATE -Os)
endforeach()

add_executable(svdd_page tools/browser/page.cc)
target_compile_options(svdd_page PRIVATE -Os)
target_link_libraries(svdd_page PRIVATE svdd_methods)
target_link_options(svdd_page PRIVATE -Os -sMODULARIZE=1 -sEXPORT_NAME=makeSvdd -sENVIRONMENT=worker -sALLOW_MEMORY_GROWTH=1
  -sTOTAL_STACK=1MB -sFILESYSTEM=0 -sMALLOC=emmalloc -sEXPORTED_FUNCTIONS=_malloc,_free -sEXPORTED_RUNTIME_METHODS=ccall,HEAPF32)
set_target_properties(svdd_page PROPERTIES OUTPUT_NAME svdd)

file(GLOB page_files CONFIGURE_DEPENDS tools/browser/*.html tools/browser/*.css tools/browser/*.js)
add_custom_target(browser
  COMMAND ${CMAKE_COMMAND} -E make_directory ${SVDD_PAGE}
  COMMAND ${CMAKE_COMMAND} -E copy ${page_files} $<TARGET_FILE:svdd_page>
          $<TARGET_FILE_DIR:svdd_page>/svdd.wasm ${SVDD_PAGE}
  DEPENDS svdd_page VERBATIM)
