#include "mediasoup/audio_level_observer.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/producer.hpp"

namespace carillon::mediasoup {

std::shared_ptr<AudioLevelObserver> AudioLevelObserver::make(RtpObserverContext context) {
  std::shared_ptr<AudioLevelObserver> observer{new AudioLevelObserver{std::move(context)}};
  observer->start();
  return observer;
}

void AudioLevelObserver::on_notification(const Notification& notification) {
  if (notification.event() == NotificationEvent::AUDIOLEVELOBSERVER_SILENCE) {
    on_silence.emit();
    return;
  }
  const auto* told = body<FBS::AudioLevelObserver::VolumesNotification>(notification);
  if (notification.event() != NotificationEvent::AUDIOLEVELOBSERVER_VOLUMES || told == nullptr) {
    log().error("an AudioLevelObserver got {}", EnumNameEvent(notification.event()));
    return;
  }
  std::vector<AudioLevelVolume> volumes;
  for (const FBS::AudioLevelObserver::Volume* volume : *told->volumes()) {
    // It may have been closed in the meantime.
    if (auto producer = producer_by_id(volume->producer_id()->str()))
      volumes.push_back({std::move(producer), volume->volume()});
  }
  if (!volumes.empty()) on_volumes.emit(volumes);
}

}  // namespace carillon::mediasoup
