#include "jose/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <set>
#include <vector>

namespace carillon::jose {

namespace json = boost::json;

namespace {

constexpr std::size_t depth_max = 16;

/// Looks at member names only: Boost.JSON keeps the last of two members with one name and says nothing.
struct DuplicateFinder {
  static constexpr std::size_t max_object_size = 1024;
  static constexpr std::size_t max_array_size = 1024;
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = 1024 * 1024;

  std::vector<std::set<std::string, std::less<>>> names;
  std::string name;
  bool duplicate = false;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    names.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    names.pop_back();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view text, std::size_t, json::error_code&) {
    name.append(text.data(), text.size());
    return true;
  }
  bool on_key(json::string_view text, std::size_t, json::error_code& ec) {
    name.append(text.data(), text.size());
    duplicate = !names.back().insert(std::exchange(name, {})).second;
    if (duplicate) ec = json::error::extra_data;  // any error ends the parser; `duplicate` says which it is
    return !duplicate;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

Result<json::object> parse_json_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::basic_parser<DuplicateFinder> finder{options};
  json::error_code ec;
  const std::size_t read = finder.write_some(false, text.data(), text.size(), ec);
  if (finder.handler().duplicate) return fail(Errc::bad_request, "two members have the same name");
  if (ec || read != text.size()) return fail(Errc::bad_request, "not JSON");

  json::value value = json::parse(json::string_view{text.data(), text.size()}, ec, {}, options);
  if (ec) return fail(Errc::bad_request, "not JSON");
  if (!value.is_object()) return fail(Errc::bad_request, "not a JSON object");
  return std::move(value.get_object());
}

const json::string* find_string(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(json::string_view{name.data(), name.size()});
  return value ? value->if_string() : nullptr;
}

}  // namespace carillon::jose
