// The opening handshake of a WebSocket, server's side (RFC 6455 section 4.2), and who may open one. Pure.
#pragma once

#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::http {

/// The client asks for an upgrade to a WebSocket, well or badly.
[[nodiscard]] bool wants_web_socket(const Request& request);

/// What is wrong with the request for an upgrade, as the response that says so; nullopt: nothing.
[[nodiscard]] std::optional<Response> check_handshake(const Request& request, bool is_http_11);

/// ServerConfig::allowed_origins says the rule.
[[nodiscard]] bool is_origin_allowed(const Request& request, const std::vector<std::string>& allowed_origins);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
[[nodiscard]] std::string accept_key(std::string_view key);

/// The 101 response in bytes. An empty subprotocol is left out.
[[nodiscard]] std::string switching_protocols(std::string_view key, std::string_view subprotocol);

}  // namespace carillon::http
