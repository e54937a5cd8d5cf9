#include "mediasoup/active_speaker_observer.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/producer.hpp"

namespace carillon::mediasoup {

std::shared_ptr<ActiveSpeakerObserver> ActiveSpeakerObserver::make(RtpObserverContext context) {
  std::shared_ptr<ActiveSpeakerObserver> observer{new ActiveSpeakerObserver{std::move(context)}};
  observer->start();
  return observer;
}

void ActiveSpeakerObserver::on_notification(const Notification& notification) {
  const auto* speaker = body<FBS::ActiveSpeakerObserver::DominantSpeakerNotification>(notification);
  if (notification.event() != NotificationEvent::ACTIVESPEAKEROBSERVER_DOMINANT_SPEAKER || speaker == nullptr) {
    log().error("an ActiveSpeakerObserver got {}", EnumNameEvent(notification.event()));
    return;
  }
  // It may have been closed in the meantime.
  if (const auto producer = producer_by_id(speaker->producer_id()->str())) on_dominant_speaker.emit(producer);
}

}  // namespace carillon::mediasoup
