// How many access tokens a core verifies in a second, with each algorithm, and how fast it is rid of wrong ones. Fails
// below 10,000 of HS256: whoever sends tokens must not get at our processor by it.
#include "jose/access_token.hpp"

#include <fmt/format.h>
#include <time.h>

#include <chrono>
#include <string>

namespace carillon::jose {
namespace {

constexpr double hs256_per_second_min = 10'000;
constexpr std::chrono::milliseconds measured{1'000};

/// Of this thread: the machine may have other things to do.
std::chrono::nanoseconds cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Verifications in a second of processor time; `good` says what they must answer.
double per_second(std::string_view what, const std::string& token, const KeySet& keys, Time now, bool good) {
  const std::chrono::nanoseconds begin = cpu_time();
  std::chrono::nanoseconds took{};
  std::size_t count = 0;
  do {
    for (int i = 0; i < 50; ++i, ++count) {
      if (verify_access_token(token, keys, now).has_value() == good) continue;
      fmt::print("{}: is not answered as it should be\n", what);
      return 0;
    }
    took = cpu_time() - begin;
  } while (took < measured);
  const double rate = static_cast<double>(count) / std::chrono::duration<double>(took).count();
  fmt::print("{:<34} {:>10.0f} a second, {:>7.1f} us each\n", what, rate, 1e6 / rate);
  return rate;
}

Claims somebody(Time now) {
  Claims claims;
  claims.user = "alice";
  claims.name = "Alice";
  claims.device = "phone";
  claims.expires_at = now + std::chrono::minutes{10};
  claims.issued_at = now;
  return claims;
}

int run() {
  const Time now = from_ms(1'800'000'000'000);
  const Key secret = *Key::from_secret("a secret of the benchmark, which opens nothing");
  const Key curve = *Key::generate_es256();
  const Key public_curve = *Key::from_public_pem(*curve.public_pem());
  const KeySet secret_only{{secret}};
  const KeySet both{{secret, public_curve}};
  const std::string hs256 = *sign_access_token(somebody(now), secret);
  const std::string es256 = *sign_access_token(somebody(now), curve);
  std::string wrong = hs256;
  wrong[wrong.size() - 2] = wrong[wrong.size() - 2] == 'A' ? 'B' : 'A';

  const double rate = per_second("HS256", hs256, secret_only, now, true);
  per_second("ES256", es256, both, now, true);
  per_second("HS256, a wrong signature", wrong, secret_only, now, false);
  per_second("HS256, run out", hs256, secret_only, now + std::chrono::hours{1}, false);
  per_second("1 MiB that is no token", std::string(1024 * 1024, 'x'), both, now, false);
  per_second("8 KiB of dots", std::string(token_bytes_max, '.'), both, now, false);
  return rate >= hs256_per_second_min ? 0 : 1;
}

}  // namespace
}  // namespace carillon::jose

int main() { return carillon::jose::run(); }
