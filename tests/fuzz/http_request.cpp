// Bytes of an HTTP connection: requests one behind the other, in pieces of any size. However they are cut, the parser
// must see the same requests, and whatever passes goes on to the handshake of a WebSocket.
#include "base/utf8.hpp"
#include "fuzz/fuzz.hpp"
#include "http/request_parser.hpp"
#include "http/trusted_proxies.hpp"
#include "http/web_socket_handshake.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace carillon;
using namespace carillon::http;

namespace {

/// Small, so that inputs reach them.
constexpr RequestLimits limits{512, 256};

/// What one reader sees of a stream: its requests as text, and how it ended.
struct Seen {
  std::vector<std::string> requests;
  std::size_t bytes = 0;
  int failed = 0;
  bool operator==(const Seen&) const = default;
};

void handshake(const Request& request, bool is_http_11) {
  if (!wants_web_socket(request)) return;
  if (check_handshake(request, is_http_11)) return;
  FUZZ_CHECK(is_http_11 && request.method == "GET");
  const std::string key{request.headers.get("Sec-WebSocket-Key")};
  FUZZ_CHECK(key.size() == 24);
  const std::string answer = switching_protocols(key, "protoo");
  FUZZ_CHECK(answer.starts_with("HTTP/1.1 101 ") && answer.ends_with("\r\n\r\n"));
  FUZZ_CHECK(std::count(answer.begin(), answer.end(), '\n') == 6);
}

/// For whom a proxy of ours speaks: never for one of ours while it names anybody else.
void client(const Request& request) {
  const auto peer = boost::asio::ip::make_address("10.0.0.1");
  static const TrustedProxies ours{{*AddressPrefix::parse("10.0.0.0/8"), *AddressPrefix::parse("2001:db8::/32")}};
  const auto client = ours.client_of(peer, request.headers);
  if (!client.is_known) return;
  FUZZ_CHECK(!request.headers.get("X-Forwarded-For").empty() || request.headers.count("X-Forwarded-For") > 1);
  if (!ours.contains(client.address)) return;
  for (const std::string_view hop : request.headers.tokens("X-Forwarded-For")) {
    const auto address = parse_peer(hop);
    FUZZ_CHECK(address && ours.contains(*address));
  }
}

std::string look_at(RequestParser& parser) {
  Request& request = parser.request();
  FUZZ_CHECK(request.path.starts_with('/') || request.path.empty() || request.path == "*");
  FUZZ_CHECK(request.path.find('\0') == std::string::npos);
  FUZZ_CHECK(request.body.size() <= limits.body_bytes_max);
  handshake(request, parser.is_http_11());
  (void)is_origin_allowed(request, {"https://app.example"});
  (void)request.bearer_token();
  client(request);
  std::string text = request.method + ' ' + request.raw_path + (parser.keep_alive() ? " keep\n" : " close\n");
  for (const auto& [name, value] : request.headers) {
    // A line break in a value would be a field of its own to whoever is handed it.
    FUZZ_CHECK(value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos);
    text += name + ": " + value + '\n';
  }
  return text + request.body;
}

Seen read(std::string_view stream, std::size_t piece) {
  Seen seen;
  std::optional<RequestParser> parser{std::in_place, limits};
  std::string held;
  while (seen.bytes < stream.size()) {
    const std::size_t given = std::min(held.size() + piece, stream.size() - seen.bytes);
    // A copy of its own, so that a read past its end is seen.
    held.assign(stream.substr(seen.bytes, given));
    const std::size_t taken = parser->feed(held);
    FUZZ_CHECK(taken <= held.size());
    seen.bytes += taken;
    held.erase(0, taken);
    if (parser->state() == RequestParser::State::failed) {
      seen.failed = parser->error_status();
      FUZZ_CHECK(seen.failed >= 400 && seen.failed <= 505 && !parser->error_text().empty());
      seen.bytes = 0;  // how much of a bad request is taken is nobody's business
      return seen;
    }
    if (parser->state() == RequestParser::State::complete) {
      seen.requests.push_back(look_at(*parser));
      if (!parser->keep_alive()) return seen;
      parser.emplace(limits);
    } else if (taken == 0 && given == stream.size() - seen.bytes) {
      return seen;  // it waits for more than there is
    }
  }
  return seen;
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Bytes bytes{input};
  const std::size_t piece = 1 + bytes.byte();
  const Seen whole = read(bytes.rest(), bytes.rest().size() + 1);
  const Seen cut = read(bytes.rest(), piece);
  FUZZ_CHECK(whole.requests == cut.requests);
  FUZZ_CHECK(whole.failed == cut.failed);
  (void)parse_target(bytes.rest());
  if (const auto decoded = percent_decode(bytes.rest(), true)) FUZZ_CHECK(decoded->size() <= bytes.rest().size());
}
