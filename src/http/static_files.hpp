// The files of the web app: which file a path means, with what fields. Reads from disk, and keeps what it has read.
#pragma once

#include "http/message.hpp"
#include "http/target.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace carillon::http {

class StaticFiles {
 public:
  explicit StaticFiles(std::filesystem::path directory);

  /// The answer to a GET or HEAD; nullopt: no such file. Never leaves the directory, also not by symbolic links,
  /// and never shows a name that begins with a dot. A small file is read on the caller's thread, once for each
  /// version of it.
  [[nodiscard]] std::optional<Response> find(const Request& request, const std::vector<std::string>& segments);

 private:
  struct File {
    std::string body;
    std::string etag;  // with its quotes
    std::filesystem::file_time_type changed;
    std::uintmax_t size = 0;
  };

  [[nodiscard]] std::shared_ptr<const File> load(const std::filesystem::path& path);
  [[nodiscard]] std::optional<std::filesystem::path> locate(const std::vector<std::string>& segments) const;
  [[nodiscard]] Response respond(const Request& request, const std::filesystem::path& path);

  std::filesystem::path directory_;  // canonical
  std::unordered_map<std::string, std::shared_ptr<const File>> files_;
  std::size_t kept_bytes_ = 0;
};

/// By the file's extension; application/octet-stream when it is unknown.
[[nodiscard]] std::string content_type_of(const std::filesystem::path& path);
/// Its name holds a hash of its content ("index-Bx3k9_a2.js"), as Vite names what it builds.
[[nodiscard]] bool has_hashed_name(const std::filesystem::path& path);

}  // namespace carillon::http
