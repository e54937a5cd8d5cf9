#include "integration/http/server_fixture.hpp"
#include "support/temporary_folder.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace carillon::http {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

boost::asio::awaitable<Response> answer(Response response) { co_return response; }

class StaticServerTest : public ServerTest {
 protected:
  void SetUp() override {
    write("outside.txt", "secret");
    write("web/index.html", "<!doctype html>app");
    write("web/app.js", "script");
    write("web/assets/index-Bx3k9_a2.js", "hashed");
    write("web/assets/index-Bx3k9_a2.js.gz", "packed");
    write("web/.env", "secret");
    write("web/.git/config", "secret");
    fs::create_symlink(directory_ / "outside.txt", directory_ / "web/link.txt");
    fs::create_directory_symlink(directory_, directory_ / "web/up");
    start(test_config(), [&](Server& server) {
      server.route("GET", "/v1/x", [](Request) { return answer(Response::text(200, "route")); });
      server.serve_files(directory_ / "web");
    });
  }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((directory_ / path).parent_path());
    std::ofstream{directory_ / path} << text;
  }

  RawResponse get(std::string_view path, std::string_view fields = {}) {
    RawClient client{port_};
    client.send("GET " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n" + std::string{fields} + "\r\n");
    return client.read_response().value_or(RawResponse{});
  }

  TemporaryFolder folder_;
  const fs::path directory_ = folder_.path();
};

constexpr std::string_view wants_page = "Accept: text/html,application/xhtml+xml\r\n";

TEST_F(StaticServerTest, ServesFilesWithTheirTypeAndTheFieldsThatProtectAPage) {
  const auto page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<!doctype html>app");
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("cache-control"), "no-cache");
  EXPECT_EQ(page.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(page.header("referrer-policy"), "no-referrer");
  EXPECT_THAT(page.header("content-security-policy"), HasSubstr("script-src 'self'"));
  EXPECT_THAT(page.header("content-security-policy"), testing::Not(HasSubstr("unsafe")));
  EXPECT_THAT(page.header("permissions-policy"), HasSubstr("camera=(self), microphone=(self)"));
  EXPECT_EQ(get("/index.html").body, page.body);
  EXPECT_EQ(get("/app.js").header("content-type"), "text/javascript; charset=utf-8");
}

TEST_F(StaticServerTest, GivesTheAppForPagesItDoesNotKnowAnd404ForTheRest) {
  EXPECT_EQ(get("/call/abc", wants_page).body, "<!doctype html>app");
  EXPECT_EQ(get("/call/abc").status, 404);
  EXPECT_EQ(get("/missing.js", wants_page).status, 404);
  EXPECT_EQ(get("/assets", wants_page).body, "<!doctype html>app");
  EXPECT_EQ(get("/v1/x", wants_page).body, "route");
}

TEST_F(StaticServerTest, LetsNothingOutOfItsDirectory) {
  for (const char* path : {"/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/%2e%2e%2foutside.txt",
                           "/assets/../../outside.txt", "/assets/..%5c..%5coutside.txt", "/..\\outside.txt",
                           "/link.txt", "/up/outside.txt", "/.env", "/%2eenv", "/.git/config", "/assets/",
                           "/assets//index-Bx3k9_a2.js", "//outside.txt", "/./app.js", "/app.js/", "/app.js/x"}) {
    const auto response = get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body, testing::Not(HasSubstr("secret"))) << path;
  }
}

TEST_F(StaticServerTest, LetsHashedNamesBeKeptForGood) {
  EXPECT_EQ(get("/assets/index-Bx3k9_a2.js").header("cache-control"), "public, max-age=31536000, immutable");
}

TEST_F(StaticServerTest, AnswersNotModifiedForTheTagItGave) {
  const auto first = get("/app.js");
  const std::string tag = first.header("etag");
  ASSERT_THAT(tag, testing::MatchesRegex("\"[0-9a-f]+\""));
  const auto again = get("/app.js", "If-None-Match: \"other\", W/" + tag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.header("etag"), tag);
  EXPECT_EQ(get("/app.js", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST_F(StaticServerTest, GivesThePackedFileToWhoTakesIt) {
  const std::string path = "/assets/index-Bx3k9_a2.js";
  const auto packed = get(path, "Accept-Encoding: br, gzip;q=0.5\r\n");
  EXPECT_EQ(packed.body, "packed");
  EXPECT_EQ(packed.header("content-encoding"), "gzip");
  EXPECT_EQ(packed.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(packed.header("vary"), "Accept-Encoding");
  EXPECT_EQ(get(path).body, "hashed");
  EXPECT_EQ(get(path, "Accept-Encoding: gzip;q=0\r\n").body, "hashed");
  EXPECT_EQ(get(path).header("vary"), "Accept-Encoding");
  EXPECT_NE(get(path).header("etag"), packed.header("etag"));
}

TEST_F(StaticServerTest, ServesAFileThatHasChangedAnew) {
  EXPECT_EQ(get("/app.js").body, "script");
  write("web/app.js", "changed script");
  EXPECT_EQ(get("/app.js").body, "changed script");
  fs::remove(directory_ / "web/app.js");
  EXPECT_EQ(get("/app.js").status, 404);
}

TEST_F(StaticServerTest, RefusesToWrite) {
  RawClient client{port_};
  client.send("PUT /app.js HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(client.read_response()->status, 404);
}

}  // namespace
}  // namespace carillon::http
