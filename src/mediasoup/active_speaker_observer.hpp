// ActiveSpeakerObserver: tells who speaks, by the volumes of the audio Producers that were added to it.
#pragma once

#include "mediasoup/rtp_observer.hpp"

#include <cstdint>

namespace carillon::mediasoup {

struct ActiveSpeakerObserverOptions {
  std::uint16_t interval = 300;  // ms between two looks
  boost::json::object app_data;
};

class ActiveSpeakerObserver final : public RtpObserver {
 public:
  /// Called by the Router only.
  static std::shared_ptr<ActiveSpeakerObserver> make(RtpObserverContext context);

  [[nodiscard]] RtpObserverType type() const override { return RtpObserverType::activespeaker; }

  Signal<const std::shared_ptr<Producer>&> on_dominant_speaker;

 private:
  using RtpObserver::RtpObserver;
  void on_notification(const Notification& notification) override;
};

}  // namespace carillon::mediasoup
