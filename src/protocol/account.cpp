#include "protocol/account.hpp"

namespace carillon::protocol {
namespace {

/// What every register-push has; the provider of `type` reads the rest.
struct RegisterPushHead {
  Text<32> type;
  std::optional<bool> confirms_ringing;
};
BOOST_DESCRIBE_STRUCT(RegisterPushHead, (), (type, confirms_ringing))

template <class T>
Result<AccountRequest> parse_as(const json::object& data) {
  Result<T> parsed = decode_data<T>(data);
  if (!parsed) return parsed.error();
  return AccountRequest{std::move(*parsed)};
}

}  // namespace

Result<RegisterPush> parse_register_push(const json::object& data, std::string_view path) {
  RegisterPushHead head;
  const Path root{nullptr, path, 0, false};
  const Result<> read = decode(data, head, root);
  if (!read) return read.error();
  return RegisterPush{head.type.value, data, head.confirms_ringing.value_or(false)};
}

std::optional<Result<AccountRequest>> parse_account_request(std::string_view method, const json::object& data) {
  if (method == "register-push") {
    Result<RegisterPush> parsed = parse_register_push(data, "data");
    if (!parsed) return parsed.error();
    return AccountRequest{std::move(*parsed)};
  }
  if (method == "unregister-push") return parse_as<UnregisterPush>(data);
  if (method == "get-push-key") return parse_as<GetPushKey>(data);
  if (method == "ringing") return parse_as<Ringing>(data);
  if (method == "get-history") return parse_as<GetHistory>(data);
  if (method == "mark-history-read") return parse_as<MarkHistoryRead>(data);
  if (method == "block-user") return parse_as<BlockUser>(data);
  if (method == "unblock-user") return parse_as<UnblockUser>(data);
  if (method == "get-blocked-users") return parse_as<GetBlockedUsers>(data);
  if (method == "set-do-not-disturb") return parse_as<SetDoNotDisturb>(data);
  return std::nullopt;
}

}  // namespace carillon::protocol
