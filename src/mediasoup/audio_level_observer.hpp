// AudioLevelObserver: tells how loud the loudest of the audio Producers that were added to it are.
#pragma once

#include "mediasoup/rtp_observer.hpp"

#include <cstdint>
#include <vector>

namespace carillon::mediasoup {

struct AudioLevelObserverOptions {
  std::uint16_t max_entries = 1;  // most entries in one on_volumes; at least 1
  std::int8_t threshold = -80;    // dBov, -127 to 0: quieter ones are not told
  std::uint16_t interval = 1000;  // ms between two looks
  boost::json::object app_data;
};

struct AudioLevelVolume {
  std::shared_ptr<Producer> producer;
  std::int8_t volume = 0;  // dBov, -127 to 0: the mean over the last interval
};

class AudioLevelObserver final : public RtpObserver {
 public:
  /// Called by the Router only.
  static std::shared_ptr<AudioLevelObserver> make(RtpObserverContext context);

  [[nodiscard]] RtpObserverType type() const override { return RtpObserverType::audiolevel; }

  Signal<const std::vector<AudioLevelVolume>&> on_volumes;  ///< Loudest first; never empty.
  Signal<> on_silence;

 private:
  using RtpObserver::RtpObserver;
  void on_notification(const Notification& notification) override;
};

}  // namespace carillon::mediasoup
