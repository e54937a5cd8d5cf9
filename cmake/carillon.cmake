# Set-up shared by every folder. Nothing here knows what the parts do.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

option(CARILLON_TESTS "build the tests" ON)
set(CARILLON_SANITIZE "" CACHE STRING "empty, address (with undefined) or thread")
option(CARILLON_WERROR "a warning is an error" OFF)
option(CARILLON_COVERAGE "tests count which branches they take, with clang: docs/coverage.md" OFF)
option(CARILLON_FUZZ "build the fuzz targets of tests/fuzz, and all else as they need it: docs/fuzzing.md" OFF)
# What tests know as CARILLON_SOURCE_DIR. CTest runs them in the top folder, so ./test says "." and keeps the path of the
# checkout out of the compiler's command line: a clone in another folder then finds all of it in ccache.
set(CARILLON_TEST_ROOT "${CMAKE_SOURCE_DIR}" CACHE STRING "the top folder, as tests know it")
set(CARILLON_MEDIASOUP_DIR "${CMAKE_SOURCE_DIR}/node_modules/mediasoup" CACHE PATH "the npm package mediasoup")

# ccache also for precompiled headers, and for a clone in another folder.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 "${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wswitch -Wno-missing-field-initializers)
if(CARILLON_WERROR)
  add_compile_options(-Werror)
endif()
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fcoroutines)
  # g++ 12 warns inside Boost and libstdc++ of things that cannot happen, with optimisation on.
  add_compile_options(-Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict -Wno-mismatched-new-delete -Wno-free-nonheap-object)
  add_compile_options(-fpch-preprocess)
else()
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

if(CARILLON_FUZZ)
  # All that a target runs is watched: -O1 finds the same as -O0 and runs five times as often.
  set(CARILLON_SANITIZE address)
  add_compile_options(-O1 -g1 -fsanitize=fuzzer-no-link)
endif()

if(CARILLON_SANITIZE STREQUAL "address")
  # Coroutine frames are called through function pointers that clang 14's -fsanitize=function does not understand.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=function -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    message(FATAL_ERROR "sanitizers are built with clang++ (see CONTRIBUTING.md)")
  endif()
elseif(CARILLON_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(CARILLON_SANITIZE)
  message(FATAL_ERROR "CARILLON_SANITIZE is '${CARILLON_SANITIZE}': expected address or thread")
endif()

if(CARILLON_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(fmt REQUIRED)

add_library(carillon_options INTERFACE)
target_include_directories(carillon_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_link_libraries(carillon_options INTERFACE Boost::headers Boost::json Boost::url fmt::fmt Threads::Threads)
target_compile_definitions(carillon_options INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_BEAST_SEPARATE_COMPILATION)

# carillon_library(NAME SOURCES ... LIBS ... [ASIO]): a static library of one folder.
# ASIO: it uses Boost.Asio and takes the precompiled header of carillon_asio. Pure parts never pass it.
function(carillon_library name)
  cmake_parse_arguments(ARG "ASIO" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC carillon_options ${ARG_LIBS})
  carillon_use_asio(${name} PUBLIC "${ARG_ASIO}")
endfunction()

# With Asio: its library and precompiled header. Without, and under a sanitizer or counting: optimised, since the long
# tests are those of pure parts, while Asio's templates take three times as long to compile for tests that mostly wait.
function(carillon_use_asio name scope asio)
  if(asio)
    target_link_libraries(${name} ${scope} carillon_asio)
    target_precompile_headers(${name} REUSE_FROM carillon_asio)
  elseif(CARILLON_SANITIZE OR CARILLON_COVERAGE)
    target_compile_options(${name} PRIVATE -O1)
  endif()
endfunction()

# carillon_test(NAME SOURCES ... LIBS ... [LABEL unit|integration] [ASIO]): an executable with GoogleTest's main, known to CTest.
function(carillon_test name)
  cmake_parse_arguments(ARG "ASIO" "LABEL" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_LABEL)
    string(REGEX MATCH "tests/integration" is_integration "${CMAKE_CURRENT_SOURCE_DIR}")
    if(is_integration)
      set(ARG_LABEL integration)
    else()
      set(ARG_LABEL unit)
    endif()
  endif()
  find_package(GTest REQUIRED)
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE carillon_options ${ARG_LIBS} GTest::gmock GTest::gtest GTest::gtest_main)
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_compile_definitions(${name} PRIVATE CARILLON_SOURCE_DIR="${CARILLON_TEST_ROOT}")
  carillon_use_asio(${name} PRIVATE "${ARG_ASIO}")
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT $<IF:$<OR:$<BOOL:${CARILLON_SANITIZE}>,$<BOOL:${CARILLON_COVERAGE}>>,900,300>)
endfunction()
