# Warnings and instrumentation for our own code; generated code is built without the warnings.
add_library(wayleave_options INTERFACE)
target_include_directories(wayleave_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(wayleave_options INTERFACE -foptimize-sibling-calls)
if(WAYLEAVE_SANITIZE STREQUAL "address")
  target_compile_options(wayleave_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
                         -fno-omit-frame-pointer)
  target_link_options(wayleave_options INTERFACE -fsanitize=address,undefined)
elseif(WAYLEAVE_SANITIZE STREQUAL "thread")
  # Asio's fences are unknown to the sanitizer; without them it uses operations that are.
  target_compile_definitions(wayleave_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  # With the macro protobuf's maps have members more, of which Debian's library, built without it, knows nothing; what
  # the standard library makes of it stays.
  target_compile_definitions(wayleave_options INTERFACE _GLIBCXX_TSAN=1)
  target_compile_options(wayleave_options INTERFACE -fsanitize=thread -U__SANITIZE_THREAD__ -fno-omit-frame-pointer)
  target_link_options(wayleave_options INTERFACE -fsanitize=thread)
endif()

if(WAYLEAVE_FUZZ)
  target_compile_options(wayleave_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                         -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(wayleave_options INTERFACE -fsanitize=address,undefined)
endif()

add_library(wayleave_warnings INTERFACE)
target_compile_options(wayleave_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Woverloaded-virtual -Wno-missing-field-initializers)

# wayleave_library(name SOURCES a.cc … LIBS x …)
function(wayleave_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC wayleave_options ${ARG_LIBS} PRIVATE wayleave_warnings)
endfunction()

# The allocator of the programs, but under sanitizers, which have their own.
function(wayleave_jemalloc name)
  if(NOT WAYLEAVE_SANITIZE)
    target_link_libraries(${name} PRIVATE -Wl,--no-as-needed ${JEMALLOC} -Wl,--as-needed)
  endif()
endfunction()

# wayleave_program(name SOURCES main.cc LIBS x …): installed, with jemalloc but under sanitizers.
function(wayleave_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wayleave_options wayleave_warnings ${ARG_LIBS})
  wayleave_jemalloc(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# wayleave_test(name SOURCES a_test.cc … LIBS x …): a GoogleTest program that ctest runs.
function(wayleave_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wayleave_options wayleave_warnings ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  # What is tested is optimized as it is for use; the tests need not be, and compile faster so.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_compile_definitions(${name} PRIVATE WAYLEAVE_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                             WAYLEAVE_BINARY_DIR="${PROJECT_BINARY_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  if(WAYLEAVE_SANITIZE STREQUAL "thread")
    set_tests_properties(${name} PROPERTIES ENVIRONMENT
      "TSAN_OPTIONS=ignore_noninstrumented_modules=1 suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
  endif()
endfunction()
