#include "app/operator_client.hpp"

#include "app/secrets.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <cstdio>
#include <memory>

namespace carillon::app {
namespace {

namespace json = boost::json;

struct Answer {
  long status = 0;
  std::string body;
};

std::size_t collect(char* data, std::size_t, std::size_t size, void* body) {
  static_cast<std::string*>(body)->append(data, size);
  return size;
}

Result<std::string> key_of(const ServerOptions& server) {
  if (server.key_file.empty()) return std::string{};
  const Result<Secret> key = secret_of_file(server.key_file);
  if (!key) return fail(key.error().code, "--server-key-file: " + key.error().detail);
  return key->reveal();
}

Result<Answer> fetch(const ServerOptions& server, const std::string& key, const std::string& path,
                     const std::optional<std::string>& body) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), &curl_easy_cleanup};
  if (!curl) return fail(Errc::internal, "libcurl does not start");
  const std::string url = server.url + path;
  const std::string authorization = "Authorization: Bearer " + key;
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields{
      key.empty() ? nullptr : curl_slist_append(nullptr, authorization.c_str()), &curl_slist_free_all};
  Answer answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 10'000L);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  if (body) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body->c_str());
  if (!server.ca_file.empty()) curl_easy_setopt(curl.get(), CURLOPT_CAINFO, server.ca_file.c_str());
  const CURLcode done = curl_easy_perform(curl.get());
  if (done != CURLE_OK) return fail(Errc::unavailable, fmt::format("{}: {}", url, curl_easy_strerror(done)));
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace

Result<OperatorAnswer> ask_server(const ServerOptions& server, const std::string& path,
                                  const std::optional<std::string>& body) {
  const Result<std::string> key = key_of(server);
  if (!key) return key.error();
  Result<Answer> answer = fetch(server, *key, path, body);
  if (!answer) return answer.error();
  if (answer->status == 401) {
    return fail(Errc::unauthorized, "the server wants its key: --server-key-file, the file of http.server-key-file");
  }
  boost::system::error_code wrong;
  json::value parsed = json::parse(answer->body, wrong);
  if (answer->status != 200 || wrong || !parsed.is_object()) {
    return fail(Errc::unavailable,
                fmt::format("{} answered {}, not what a carillon server answers", server.url, answer->status));
  }
  return OperatorAnswer{std::move(answer->body), std::move(parsed)};
}

int complain(const Error& error) {
  fmt::print(stderr, "carillon: {}\n", error.detail);
  return error.code == Errc::bad_request ? 2 : 1;
}

}  // namespace carillon::app
