#include "http/web_socket_handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

namespace carillon::http {

namespace {

/// 16 bytes in base64: 22 characters and two of padding.
bool is_valid_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  return std::all_of(key.begin(), key.end() - 2, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  });
}

Response upgrade_required(std::string text) {
  Response response = Response::text(426, std::move(text));
  response.headers.add("Upgrade", "websocket");
  response.headers.add("Sec-WebSocket-Version", "13");
  return response;
}

/// "https://app.example:443/" and "HTTPS://App.Example" are the same origin.
std::string normal_origin(std::string_view origin) {
  while (origin.ends_with('/')) origin.remove_suffix(1);
  std::string out{origin};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); });
  if (out.starts_with("https://") && out.ends_with(":443")) out.resize(out.size() - 4);
  if (out.starts_with("http://") && out.ends_with(":80")) out.resize(out.size() - 3);
  return out;
}

}  // namespace

bool wants_web_socket(const Request& request) { return request.headers.has_token("Upgrade", "websocket"); }

std::optional<Response> check_handshake(const Request& request, bool is_http_11) {
  const Headers& headers = request.headers;
  if (request.method != "GET") {
    Response response = Response::text(405, "a WebSocket is opened with GET\n");
    response.headers.add("Allow", "GET");
    return response;
  }
  if (!is_http_11) return Response::text(400, "a WebSocket needs HTTP/1.1\n");
  if (!wants_web_socket(request)) return upgrade_required("this path is a WebSocket\n");
  if (!headers.has_token("Connection", "Upgrade")) return Response::text(400, "Connection: Upgrade is missing\n");
  if (!request.body.empty()) return Response::text(400, "a request for a WebSocket has no body\n");
  if (headers.count("Sec-WebSocket-Version") != 1 || headers.get("Sec-WebSocket-Version") != "13") {
    return upgrade_required("only Sec-WebSocket-Version: 13\n");
  }
  if (headers.count("Sec-WebSocket-Key") != 1 || !is_valid_key(headers.get("Sec-WebSocket-Key"))) {
    return Response::text(400, "Sec-WebSocket-Key must be 16 bytes in base64\n");
  }
  const auto subprotocols = headers.tokens("Sec-WebSocket-Protocol");
  if (!std::all_of(subprotocols.begin(), subprotocols.end(), is_token)) {
    return Response::text(400, "bad Sec-WebSocket-Protocol\n");
  }
  return std::nullopt;
}

bool is_origin_allowed(const Request& request, const std::vector<std::string>& allowed_origins) {
  const std::size_t count = request.headers.count("Origin");
  if (count == 0) return true;
  if (count > 1) return false;
  const std::string origin = normal_origin(request.headers.get("Origin"));
  if (origin.empty() || origin == "null") return false;
  if (allowed_origins.empty()) {
    // A proxy in front may end TLS, so the scheme is not ours to know; the host is.
    const std::string_view host = request.headers.get("Host");
    return origin == normal_origin("http://" + std::string{host}) ||
           origin == normal_origin("https://" + std::string{host});
  }
  return std::any_of(allowed_origins.begin(), allowed_origins.end(),
                     [&](const std::string& allowed) { return allowed == "*" || normal_origin(allowed) == origin; });
}

std::string accept_key(std::string_view key) {
  // RFC 6455 section 1.3 fixes this text.
  const std::string input = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  EVP_Digest(input.data(), input.size(), digest, nullptr, EVP_sha1(), nullptr);
  unsigned char text[4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1];
  const int size = EVP_EncodeBlock(text, digest, SHA_DIGEST_LENGTH);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::string switching_protocols(std::string_view key, std::string_view subprotocol) {
  std::string out =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
  out += accept_key(key);
  if (!subprotocol.empty()) {
    out += "\r\nSec-WebSocket-Protocol: ";
    out += subprotocol;
  }
  out += "\r\n\r\n";
  return out;
}

}  // namespace carillon::http
