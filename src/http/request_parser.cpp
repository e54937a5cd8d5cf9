// The only file that includes Beast. It is used without its sockets, and here header-only: nobody else needs its
// compiled half.
#undef BOOST_BEAST_SEPARATE_COMPILATION

#include "http/request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <cctype>
#include <limits>

namespace carillon::http {

namespace beast = boost::beast;
using ParserError = beast::http::error;

namespace {

/// Our own refusals and Beast's errors, as a status and a sentence.
struct Failure {
  int status = 0;
  std::string_view text;
};

/// "1.1" of a request line with its end, whatever the numbers are; empty: the line names no version.
std::string_view version_of(std::string_view line) {
  if (!line.ends_with("\r\n")) return {};
  line.remove_suffix(2);
  const std::size_t at = line.rfind(" HTTP/");
  if (at == std::string_view::npos || std::count(line.begin(), line.end(), ' ') != 2) return {};
  const std::string_view version = line.substr(at + 6);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_version = version.size() == 3 && is_digit(version[0]) && version[1] == '.' && is_digit(version[2]);
  return is_version ? version : std::string_view{};
}

/// RFC 9110 section 2.5: whoever speaks a later HTTP/1 is answered as one who speaks the latest that we know.
bool is_later_http_1(std::string_view version) { return version.starts_with("1.") && version.back() >= '2'; }

/// Looks for the end of the request line, and then of the fields. Beast is given each of the two at once, and so says
/// the same of them however the bytes come; left to itself, it looks now at a piece and now at the whole header.
class PartEnd {
 public:
  enum class Kind {
    open,    // the part goes on
    whole,   // the line break that ends it, or the empty line
    broken,  // a byte that no header has, or a CR or LF without the other
    folded,  // a field that goes on in the next line (RFC 9112 section 5.2: obsolete, to be refused). Beast joins them
  };

  /// Looks on where it stopped: `bytes` are those of last time and more behind them. Nothing behind `bytes_max` is
  /// looked at.
  Kind look(std::string_view bytes, bool in_fields, std::size_t bytes_max) {
    for (; at_ < std::min(bytes.size(), bytes_max); ++at_) {
      const char c = bytes[at_];
      const bool begins_line = at_ == line_;
      if (after_cr_ != (c == '\n')) return stop(Kind::broken);
      if (c == '\n') {
        // An empty line, which had a CR only, ends the fields; any line ends the request line.
        if (!in_fields || at_ == line_ + 1) return stop(Kind::whole);
        line_ = at_ + 1;
      } else if (begins_line && in_fields && (c == ' ' || c == '\t')) {
        return stop(Kind::folded);
      } else if (c != '\r' && c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
        return stop(Kind::broken);
      }
      after_cr_ = c == '\r';
    }
    return Kind::open;
  }

  /// Unless the part is open: its bytes, with the one that decided.
  [[nodiscard]] std::size_t size() const { return at_; }

 private:
  Kind stop(Kind kind) {
    ++at_;
    return kind;
  }

  std::size_t at_ = 0;    // looked at
  std::size_t line_ = 0;  // where the line begins
  bool after_cr_ = false;
};

Failure describe(const beast::error_code& ec, std::string_view bytes) {
  if (ec == ParserError::header_limit || ec == ParserError::buffer_overflow)
    return {431, "request header is too large"};
  if (ec == ParserError::body_limit) return {413, "request body is too large"};
  if (ec == ParserError::bad_version && !version_of(bytes).empty()) return {505, "only HTTP/1"};
  if (ec == ParserError::bad_method) return {400, "bad method"};
  if (ec == ParserError::bad_target) return {400, "bad request target"};
  if (ec == ParserError::bad_field || ec == ParserError::bad_value || ec == ParserError::bad_obs_fold) {
    return {400, "bad header field"};
  }
  if (ec == ParserError::bad_content_length || ec == ParserError::multiple_content_length) {
    return {400, "bad Content-Length"};
  }
  if (ec == ParserError::bad_transfer_encoding) return {400, "bad Transfer-Encoding"};
  if (ec == ParserError::bad_chunk || ec == ParserError::bad_chunk_extension) return {400, "bad chunk"};
  return {400, "not an HTTP request"};
}

}  // namespace

class RequestParser::Impl : public beast::http::basic_parser<true> {
 public:
  explicit Impl(RequestLimits the_limits) : limits{the_limits} {
    header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(limits.header_bytes_max, std::numeric_limits<std::uint32_t>::max())));
    body_limit(limits.body_bytes_max);
  }

  void refuse(int status, std::string_view text) {
    if (failure.status == 0) failure = {status, text};
  }

  /// What Beast lets pass and two readers could still understand differently.
  void check_header() {
    const Headers& headers = request.headers;
    const std::size_t lengths = headers.count("Content-Length");
    const std::size_t encodings = headers.count("Transfer-Encoding");
    const std::string_view length = headers.get("Content-Length");
    if (length.find_first_not_of("0123456789") != std::string_view::npos) return refuse(400, "bad Content-Length");
    if (lengths > 1) return refuse(400, "more than one Content-Length");
    if (encodings > 1) return refuse(400, "more than one Transfer-Encoding");
    if (lengths > 0 && encodings > 0) return refuse(400, "Content-Length beside Transfer-Encoding");
    if (encodings > 0 && !http_11) return refuse(400, "Transfer-Encoding in HTTP/1.0");
    if (encodings > 0 && !equal_ignoring_case(headers.get("Transfer-Encoding"), "chunked")) {
      return refuse(501, "only the transfer coding chunked");
    }
    const std::size_t hosts = headers.count("Host");
    if (hosts > 1 || (hosts == 0 && http_11)) return refuse(400, "one Host is needed");
    if (headers.contains("Expect") && !equal_ignoring_case(headers.get("Expect"), "100-continue")) {
      return refuse(417, "only Expect: 100-continue");
    }
  }

  void fill_request() {
    auto parsed = http::parse_target(request.raw_path);
    if (!parsed) return refuse(400, "bad request target");
    target = std::move(*parsed);
    request.raw_path = target.raw_path;
    for (const std::string& segment : target.segments) request.path += "/" + segment;
    request.query = target.query;
  }

  /// Takes the request line or the fields, once all of it is there; else nothing.
  std::size_t feed_header(std::string_view rest) {
    const std::size_t room = limits.header_bytes_max - header_bytes;
    const PartEnd::Kind end = part.look(rest, line_done, room);
    if (end == PartEnd::Kind::open) {
      if (rest.size() >= room) refuse(431, "request header is too large");
      return 0;
    }
    const std::string_view whole = rest.substr(0, part.size());
    const std::size_t used = line_done ? give(whole) : give_line(whole);
    // What Beast has against it comes first: refuse() keeps the first reason.
    if (end == PartEnd::Kind::folded) refuse(400, "a header field goes on in the next line");
    if (end == PartEnd::Kind::broken || used != whole.size()) refuse(400, "bad header");
    header_bytes += used;
    line_done = true;
    part = {};
    return used;
  }

  std::size_t feed_body(std::string_view rest) {
    std::size_t taken = 0;
    while (taken < rest.size() && !is_done() && failure.status == 0) {
      // A chunk's head, or the last one's with the trailers, is taken in one step, and Beast has no limit for it. It is
      // ours: of more than that Beast sees nothing, however much is there.
      const std::string_view step = rest.substr(taken, limits.header_bytes_max);
      // Beast asserts that there are five bytes when it goes on behind the head of a last chunk, but it goes on with
      // fewer if that chunk is the first. No chunked body is shorter than five.
      if (!body_begun && chunked() && step.starts_with('0') && step.size() < 5) break;
      const std::size_t used = give(step);
      if (used == 0) {
        if (step.size() == limits.header_bytes_max || is_whole_chunk_head(step)) refuse(400, "bad chunk");
        break;
      }
      body_begun = true;
      taken += used;
    }
    return taken;
  }

  RequestLimits limits;
  Request request;
  Target target;
  Failure failure;
  PartEnd part;                  // of the request line or, once that is taken, of the fields
  std::size_t header_bytes = 0;  // taken so far
  bool empty_line_seen = false;  // before the request
  bool started = false;
  bool line_done = false;
  bool body_begun = false;
  bool http_11 = false;
  bool keeps_alive = false;
  bool header_done = false;

 private:
  /// Of a chunk that is not the last. Beast waits for more when a quoted string in it goes on behind the end of the
  /// line, where none may (RFC 9112 section 7.1.1), and counts the chunk against the limit of the body at each look.
  [[nodiscard]] bool is_whole_chunk_head(std::string_view head) const {
    if (body_begun && head.starts_with("\r\n")) head.remove_prefix(2);
    const std::size_t end = head.find("\r\n");
    const std::size_t size = head.find_first_not_of('0');
    return end != std::string_view::npos && std::isxdigit(static_cast<unsigned char>(head[size])) != 0;
  }

  std::size_t give_line(std::string_view line) {
    const std::string_view version = version_of(line);
    if (!is_later_http_1(version)) return give(line);
    std::string as_http_11{line};
    as_http_11[static_cast<std::size_t>(version.data() - line.data()) + 2] = '1';
    return give(as_http_11);
  }

  /// Gives Beast these bytes, and says how many it has taken.
  std::size_t give(std::string_view bytes) {
    beast::error_code ec;
    const std::size_t used = put(boost::asio::const_buffer{bytes.data(), bytes.size()}, ec);
    if (ec && ec != ParserError::need_more) {
      const Failure why = describe(ec, bytes);
      refuse(why.status, why.text);
    }
    return used;
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view the_target, int version,
                       beast::error_code&) override {
    request.method.assign(method.data(), method.size());
    request.raw_path.assign(the_target.data(), the_target.size());
    http_11 = version == 11;
  }

  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}

  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     beast::error_code&) override {
    if (header_done) return;  // a trailer of a chunked body: nobody asked for it
    request.headers.add({name.data(), name.size()}, {value.data(), value.size()});
  }

  void on_header_impl(beast::error_code& ec) override {
    header_done = true;
    keeps_alive = keep_alive();
    check_header();
    fill_request();
    if (failure.status != 0) ec = ParserError::bad_field;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, beast::error_code&) override {
    if (length) request.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, limits.body_bytes_max)));
  }

  std::size_t on_body_impl(beast::string_view body, beast::error_code&) override {
    request.body.append(body.data(), body.size());
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, beast::error_code&) override {
    request.body.append(body.data(), body.size());
    return body.size();
  }

  void on_finish_impl(beast::error_code&) override {}
};

RequestParser::RequestParser(RequestLimits limits) : impl_{std::make_unique<Impl>(limits)} {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
  Impl& impl = *impl_;
  std::size_t taken = 0;
  if (!impl.started && !impl.empty_line_seen) {
    // RFC 9112 section 2.2: an empty line before the request is to be ignored. One is: more is no client.
    if (bytes == "\r") return 0;
    impl.empty_line_seen = bytes.starts_with("\r\n");
    if (impl.empty_line_seen) taken = 2;
  }
  impl.started = impl.started || taken < bytes.size();
  while (state() == State::header && taken < bytes.size()) {
    const std::size_t used = impl.feed_header(bytes.substr(taken));
    if (used == 0) return taken;
    taken += used;
  }
  if (state() == State::body && taken < bytes.size()) taken += impl.feed_body(bytes.substr(taken));
  return taken;
}

RequestParser::State RequestParser::state() const {
  if (impl_->failure.status != 0) return State::failed;
  if (impl_->is_done()) return State::complete;
  return impl_->header_done ? State::body : State::header;
}

bool RequestParser::started() const { return impl_->started; }
int RequestParser::error_status() const { return impl_->failure.status; }
std::string_view RequestParser::error_text() const { return impl_->failure.text; }

bool RequestParser::expects_continue() const {
  return impl_->http_11 && equal_ignoring_case(impl_->request.headers.get("Expect"), "100-continue");
}

Request& RequestParser::request() { return impl_->request; }
const Target& RequestParser::target() const { return impl_->target; }
bool RequestParser::keep_alive() const { return impl_->keeps_alive; }
bool RequestParser::is_http_11() const { return impl_->http_11; }

}  // namespace carillon::http
