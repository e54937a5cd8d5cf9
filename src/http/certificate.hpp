// The certificate that a server shows: read at the start and again when asked, watched for its end.
#pragma once

#include "base/log.hpp"
#include "http/deadlines.hpp"
#include "http/tls.hpp"

#include <memory>
#include <optional>

namespace carillon::http {

class Certificate final : private TimingWheel::Entry {
 public:
  /// `deadlines` must outlive it.
  Certificate(TlsFiles files, Deadlines& deadlines, Logger log);
  /// Out of the wheel while there is one.
  ~Certificate() override { TimingWheel::cancel(*this); }

  /// After an error what was in use stays in use. Without files it does nothing.
  [[nodiscard]] Result<> load();

  /// No files are set: no TLS.
  [[nodiscard]] bool is_set() const { return files_.are_set(); }
  /// After load(). Null: out of memory.
  [[nodiscard]] SslPtr open(int descriptor);
  [[nodiscard]] std::optional<Time> expires() const;

 private:
  void on_deadline(Time now) override;
  void warn_of_end();

  TlsFiles files_;
  Deadlines& deadlines_;
  Logger log_;
  std::unique_ptr<TlsContext> context_;
};

}  // namespace carillon::http
