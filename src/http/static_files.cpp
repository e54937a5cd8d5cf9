#include "http/static_files.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace carillon::http {

namespace fs = std::filesystem;

namespace {

/// The web app is far below 1 MiB. More than this is not for us to serve from memory.
constexpr std::uintmax_t file_bytes_max = 32u * 1024 * 1024;
constexpr std::size_t kept_bytes_max = 64u * 1024 * 1024;

struct Type {
  std::string_view extension;
  std::string_view content_type;
};
constexpr std::array types{
    Type{".html", "text/html; charset=utf-8"},
    Type{".js", "text/javascript; charset=utf-8"},
    Type{".mjs", "text/javascript; charset=utf-8"},
    Type{".css", "text/css; charset=utf-8"},
    Type{".json", "application/json"},
    Type{".map", "application/json"},
    Type{".webmanifest", "application/manifest+json"},
    Type{".txt", "text/plain; charset=utf-8"},
    Type{".md", "text/markdown; charset=utf-8"},
    Type{".xml", "application/xml"},
    Type{".svg", "image/svg+xml"},
    Type{".png", "image/png"},
    Type{".jpg", "image/jpeg"},
    Type{".jpeg", "image/jpeg"},
    Type{".webp", "image/webp"},
    Type{".avif", "image/avif"},
    Type{".gif", "image/gif"},
    Type{".ico", "image/x-icon"},
    Type{".woff2", "font/woff2"},
    Type{".woff", "font/woff"},
    Type{".ttf", "font/ttf"},
    Type{".wasm", "application/wasm"},
    Type{".mp3", "audio/mpeg"},
    Type{".ogg", "audio/ogg"},
    Type{".wav", "audio/wav"},
    Type{".mp4", "video/mp4"},
    Type{".webm", "video/webm"},
};

bool is_plain_name(const std::string& segment) {
  return !segment.empty() && segment.front() != '.' &&
         segment.find_first_of(std::string_view{"/\\\0", 3}) == std::string::npos;
}

bool is_below(const fs::path& directory, const fs::path& path) {
  const auto [end, at] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end() && at != path.end();
}

std::string hash_of(const std::string& body) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(body.data(), body.size(), digest, &size, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned int i = 0; i < 12; ++i) fmt::format_to(std::back_inserter(out), "{:02x}", digest[i]);
  return out;
}

/// RFC 9110 section 13.1.2: a list of entity tags, compared weakly, or a star.
bool matches_etag(const Request& request, std::string_view etag) {
  const auto tags = request.headers.tokens("If-None-Match");
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag == "*" || tag == etag;
  });
}

/// "gzip" or "*" in Accept-Encoding, and not with q=0.
bool accepts_gzip(const Request& request) {
  for (std::string_view token : request.headers.tokens("Accept-Encoding")) {
    const std::size_t semicolon = token.find(';');
    std::string_view coding = token.substr(0, semicolon);
    while (coding.ends_with(' ')) coding.remove_suffix(1);
    if (!equal_ignoring_case(coding, "gzip") && coding != "*") continue;
    if (semicolon == std::string_view::npos) return true;
    std::string quality{token.substr(semicolon + 1)};
    std::erase(quality, ' ');
    return quality.find_first_of("123456789") != std::string::npos;
  }
  return false;
}

}  // namespace

std::string content_type_of(const fs::path& path) {
  const std::string extension = path.extension().string();
  for (const Type& type : types) {
    if (equal_ignoring_case(type.extension, extension)) return std::string{type.content_type};
  }
  return "application/octet-stream";
}

bool has_hashed_name(const fs::path& path) {
  const std::string stem = path.stem().string();
  constexpr std::size_t hash_size = 8;
  if (stem.size() <= hash_size + 1) return false;
  const char before = stem[stem.size() - hash_size - 1];
  if (before != '-' && before != '.') return false;
  const std::string_view hash = std::string_view{stem}.substr(stem.size() - hash_size);
  const bool fits = std::all_of(hash.begin(), hash.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  // A word of eight letters is no hash: "service-renderer.js".
  return fits &&
         std::any_of(hash.begin(), hash.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

StaticFiles::StaticFiles(fs::path directory) {
  std::error_code ec;
  directory_ = fs::canonical(directory, ec);
  if (ec) directory_ = std::move(directory);
}

std::optional<Response> StaticFiles::find(const Request& request, const std::vector<std::string>& segments) {
  if (auto path = locate(segments)) return respond(request, *path);
  // A page of the app: its own code reads the path.
  const std::string& last = segments.back();
  const bool wants_page = request.headers.get("Accept").find("text/html") != std::string_view::npos;
  if (wants_page && last.find('.') == std::string::npos) {
    if (auto path = locate({"index.html"})) return respond(request, *path);
  }
  return std::nullopt;
}

std::optional<fs::path> StaticFiles::locate(const std::vector<std::string>& segments) const {
  fs::path path = directory_;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (last && segments[i].empty()) {
      path /= "index.html";
    } else if (!is_plain_name(segments[i])) {
      return std::nullopt;
    } else {
      path /= segments[i];
    }
  }
  std::error_code ec;
  const fs::path real = fs::canonical(path, ec);
  if (ec || !is_below(directory_, real) || !fs::is_regular_file(real, ec) || ec) return std::nullopt;
  return real;
}

Response StaticFiles::respond(const Request& request, const fs::path& path) {
  fs::path chosen = path;
  const fs::path packed = path.string() + ".gz";
  std::error_code ec;
  const bool has_packed = fs::is_regular_file(packed, ec) && !fs::is_symlink(packed, ec);
  const bool gzip = has_packed && accepts_gzip(request);
  if (gzip) chosen = packed;

  const auto file = load(chosen);
  if (!file) return Response::text(500, "the file cannot be read\n");
  Response response{200, content_type_of(path), {}};
  response.headers.add("ETag", file->etag);
  response.headers.add("Cache-Control", has_hashed_name(path) ? "public, max-age=31536000, immutable" : "no-cache");
  if (has_packed) response.headers.add("Vary", "Accept-Encoding");
  if (matches_etag(request, file->etag)) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  if (gzip) response.headers.add("Content-Encoding", "gzip");
  response.body = file->body;
  return response;
}

std::shared_ptr<const StaticFiles::File> StaticFiles::load(const fs::path& path) {
  std::error_code ec;
  const auto changed = fs::last_write_time(path, ec);
  const std::uintmax_t size = ec ? 0 : fs::file_size(path, ec);
  if (ec || size > file_bytes_max) return nullptr;
  const std::string key = path.string();
  const auto known = files_.find(key);
  if (known != files_.end()) {
    if (known->second->changed == changed && known->second->size == size) return known->second;
    kept_bytes_ -= known->second->body.size();
    files_.erase(known);
  }

  std::ifstream in{path, std::ios::binary};
  auto file = std::make_shared<File>();
  file->body.assign(std::istreambuf_iterator<char>{in}, {});
  if (!in.good() && !in.eof()) return nullptr;
  file->etag = "\"" + hash_of(file->body) + "\"";
  file->changed = changed;
  file->size = size;
  if (kept_bytes_ + file->body.size() <= kept_bytes_max) {
    kept_bytes_ += file->body.size();
    files_.emplace(key, file);
  }
  return file;
}

}  // namespace carillon::http
