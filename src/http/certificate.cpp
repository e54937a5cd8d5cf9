#include "http/certificate.hpp"

#include <utility>

namespace carillon::http {

namespace {

/// Those that are renewed by themselves are so 30 days before their end: from here on somebody must look.
constexpr Duration warned_before = std::chrono::days(14);
constexpr Duration looked_at_every = std::chrono::days(1);

}  // namespace

Certificate::Certificate(TlsFiles files, Deadlines& deadlines, Logger log)
    : files_{std::move(files)}, deadlines_{deadlines}, log_{std::move(log)} {}

Result<> Certificate::load() {
  if (!is_set()) return {};
  auto loaded = TlsContext::load(files_);
  if (!loaded) return loaded.error();
  context_ = std::move(*loaded);
  warn_of_end();
  return {};
}

SslPtr Certificate::open(int descriptor) { return context_->open(descriptor, deadlines_.now()); }

std::optional<Time> Certificate::expires() const {
  return context_ ? std::optional{context_->certificate_expires()} : std::nullopt;
}

void Certificate::on_deadline(Time) { warn_of_end(); }

void Certificate::warn_of_end() {
  deadlines_.schedule(*this, deadlines_.now() + looked_at_every);
  const Duration left = context_->certificate_expires() - deadlines_.wall();
  if (left <= Duration{0}) {
    log_.error("the TLS certificate has expired: {}", files_.certificate);
  } else if (left < warned_before) {
    log_.warn("the TLS certificate expires in {} days: {}", std::chrono::floor<std::chrono::days>(left).count(),
              files_.certificate);
  }
}

}  // namespace carillon::http
