#include "http/static_files.hpp"

#include <gtest/gtest.h>

namespace carillon::http {
namespace {

// Its reading of files is tested over sockets, in tests/integration/http/static_files_test.cpp.

TEST(ContentType, ComesFromTheExtension) {
  EXPECT_EQ(content_type_of("a.html"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("a.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(content_type_of("a.b.css"), "text/css; charset=utf-8");
  EXPECT_EQ(content_type_of("a.webmanifest"), "application/manifest+json");
  EXPECT_EQ(content_type_of("a"), "application/octet-stream");
  EXPECT_EQ(content_type_of("a.exe"), "application/octet-stream");
}

TEST(HashedName, IsWhatViteWrites) {
  EXPECT_TRUE(has_hashed_name("assets/index-Bx3k9_a2.js"));
  EXPECT_TRUE(has_hashed_name("assets/index-DiwrgTda.css"));
  EXPECT_TRUE(has_hashed_name("a.0a1b2c3d.js"));
  EXPECT_FALSE(has_hashed_name("index.html"));
  EXPECT_FALSE(has_hashed_name("service-renderer.js"));
  EXPECT_FALSE(has_hashed_name("sw.js"));
  EXPECT_FALSE(has_hashed_name("-Bx3k9_a2.js"));
}

}  // namespace
}  // namespace carillon::http
