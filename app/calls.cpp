// carillon calls: what a running server holds, asked of its /v1/debug/counts.
#include "app/commands.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

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

Result<Answer> get(const CallsOptions& options, const std::string& key) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), &curl_easy_cleanup};
  if (!curl) return fail(Errc::internal, "libcurl does not start");
  const std::string url = options.url + "/v1/debug/counts";
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
  if (!options.ca_file.empty()) curl_easy_setopt(curl.get(), CURLOPT_CAINFO, options.ca_file.c_str());
  const CURLcode done = curl_easy_perform(curl.get());
  if (done != CURLE_OK) return fail(Errc::unavailable, fmt::format("{}: {}", url, curl_easy_strerror(done)));
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

void print_table(const json::object& counts) {
  for (const auto& [name, value] : counts) {
    if (value.is_number()) fmt::print("{:<12} {:>8}\n", std::string_view{name}, value.to_number<std::int64_t>());
  }
  const json::value* workers = counts.if_contains("workers");
  if (workers == nullptr || !workers->is_array()) return;
  fmt::print("\n{:<12} {:>8} {:>11}\n", "worker pid", "routers", "transports");
  for (const json::value& worker : workers->get_array()) {
    fmt::print("{:<12} {:>8} {:>11}\n", worker.at("pid").to_number<std::int64_t>(),
               worker.at("routers").to_number<std::int64_t>(), worker.at("transports").to_number<std::int64_t>());
  }
}

}  // namespace

int show_calls(const CallsOptions& options) {
  std::string key;
  if (!options.server_key_file.empty()) {
    std::ifstream file{options.server_key_file};
    if (!std::getline(file, key) || key.empty()) {
      fmt::print(stderr, "carillon: no key can be read from the file {}\n", options.server_key_file);
      return 2;
    }
  }
  const Result<Answer> answer = get(options, key);
  if (!answer) {
    fmt::print(stderr, "carillon: {}\n", answer.error().detail);
    return 1;
  }
  boost::system::error_code wrong;
  const json::value counts = json::parse(answer->body, wrong);
  if (answer->status == 401) {
    fmt::print(stderr, "carillon: the server wants its key: --server-key-file, the file of http.server-key-file\n");
    return 1;
  }
  if (answer->status != 200 || wrong || !counts.is_object()) {
    fmt::print(stderr, "carillon: {} answered {}, not what a carillon server answers\n", options.url, answer->status);
    return 1;
  }
  if (options.json) {
    fmt::print("{}\n", answer->body);
  } else {
    print_table(counts.get_object());
  }
  return 0;
}

}  // namespace carillon::app
