// States of a call that rings or is on, and of the dialogs in it.
import { mediaErrorWords } from '../state/model';
import { ben, frozen_now, html, joan, long, mara, noor, yusuf } from './cast';
import { call, incoming, local, outgoing, participant, remote, ringing, seen } from './call-views';
import { home, type States } from './signed-in';

export const call_states: States = {
  'incoming-video': (s) => {
    home(s);
    s.incoming.value = [incoming()];
  },
  'incoming-audio': (s) => {
    home(s);
    s.incoming.value = [incoming({ media: 'audio', caller: mara })];
  },
  'incoming-group': (s) => {
    home(s);
    s.incoming.value = [incoming({ caller: mara, others: [ben, yusuf, noor, joan] })];
    s.soundBlocked.value = true;
  },
  'incoming-long': (s) => {
    home(s);
    s.incoming.value = [incoming({ caller: long, others: [html, noor] })];
  },
  'incoming-accepting': (s) => {
    home(s);
    s.incoming.value = [incoming({ accepting: true })];
  },
  'outgoing-calling': (s) => {
    home(s);
    s.call.value = outgoing([participant(ben, { state: 'invited' })], { state: 'calling', id: '' });
  },
  'outgoing-ringing': (s) => {
    home(s);
    s.call.value = outgoing([participant(ben, ringing(2))], { media: 'audio' });
  },
  'outgoing-video': (s) => {
    home(s);
    s.call.value = outgoing([participant(ben, ringing(2))], { camera: local('on', { who: 2 }) });
  },
  'outgoing-reaching': (s) => {
    home(s);
    s.call.value = outgoing(
      [participant(joan, { state: 'invited', ringing: { devices: 2, via: 'push', state: 'reaching' } })],
      { state: 'calling' },
    );
  },
  'outgoing-push': (s) => {
    home(s);
    s.call.value = outgoing([
      participant(joan, { state: 'ringing', ringing: { devices: 1, via: 'push', state: 'ringing' } }),
    ]);
  },
  'outgoing-unreachable': (s) => {
    home(s);
    s.call.value = outgoing(
      [participant(joan, { state: 'invited', ringing: { devices: 0, via: 'push', state: 'unreachable' } })],
      { state: 'calling' },
    );
  },
  'outgoing-offline': (s) => {
    home(s);
    s.call.value = outgoing([participant(joan, { state: 'invited' })], { state: 'calling' });
  },
  'outgoing-group': (s) => {
    home(s);
    s.call.value = outgoing([
      participant(ben, ringing(2)),
      participant(mara, { state: 'declined', endReason: 'busy' }),
      participant(noor, { state: 'declined', endReason: 'declined' }),
      participant(yusuf, { state: 'invited', ringing: { devices: 1, via: 'push', state: 'reaching' } }),
      participant(long, { state: 'invited', ringing: { devices: 0, via: 'push', state: 'unreachable' } }),
    ]);
  },
  'call-duo': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1, { speaking: true })]);
    s.devices.value = { ...s.devices.value, canShareScreen: true };
  },
  'call-audio': (s) => {
    home(s);
    s.call.value = call([participant(ben, { speaking: true })], { media: 'audio', camera: local('off') });
  },
  'call-connecting': (s) => {
    home(s);
    s.call.value = call([participant(ben, { state: 'joining', quality: 'unknown' })], {
      state: 'connecting',
      startedAt: frozen_now - 400,
      quality: 'unknown',
    });
  },
  'call-group': (s) => {
    home(s);
    s.call.value = call([
      seen(ben, 1),
      seen(mara, 0, { speaking: true }),
      seen(yusuf, 3, { muted: true, quality: 'fair' }),
      seen(joan, 4, { quality: 'poor' }),
      participant(noor, { muted: true }),
    ]);
  },
  'call-three': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1, { speaking: true }), participant(html, ringing(1))]);
  },
  'call-screen': (s) => {
    home(s);
    s.call.value = call([
      seen(mara, 0, { screen: remote('slide', 'screen'), speaking: true }),
      seen(ben, 1, { muted: true }),
      seen(yusuf, 3),
    ]);
    s.devices.value = { ...s.devices.value, canShareScreen: true };
  },
  'call-many': (s) => {
    home(s);
    s.call.value = call(
      Array.from({ length: 11 }, (_, i) =>
        i % 3 === 2
          ? participant({ userId: `guest-${i}`, name: `Guest ${i + 1}` }, { muted: true })
          : seen({ userId: `guest-${i}`, name: `Guest ${i + 1}` }, i, { speaking: i === 4 }),
      ),
    );
  },
  'call-sharing': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)], { screen: local('on') });
    s.devices.value = { ...s.devices.value, canShareScreen: true };
  },
  'call-muted': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)], { microphone: local('on', { muted: true }), camera: local('off') });
  },
  'call-denied': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)], {
      microphone: local('on'),
      camera: local('failed', { error: 'permission-denied' }),
    });
    s.notices.value = [
      { id: 1, tone: 'warning', text: mediaErrorWords('permission-denied', 'camera') ?? '', end: false },
    ];
  },
  'call-no-camera': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)], { camera: local('failed', { error: 'device-not-found' }) });
    s.notices.value = [
      { id: 1, tone: 'warning', text: mediaErrorWords('device-not-found', 'camera') ?? '', end: false },
    ];
  },
  'call-peer-reconnecting': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1, { state: 'reconnecting', quality: 'lost' })]);
  },
  'call-reconnecting': (s) => {
    home(s);
    s.connection.value = 'reconnecting';
    s.call.value = call([seen(ben, 1)], { state: 'reconnecting', quality: 'lost' });
  },
  'call-waiting': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)]);
    s.incoming.value = [incoming({ caller: mara })];
  },
  'call-alone': (s) => {
    home(s);
    s.call.value = call([participant(ben, { state: 'left', endReason: 'hangup' })]);
    s.notices.value = [{ id: 1, tone: 'info', text: 'Ben Okafor left.', end: false }];
  },
  'dialog-devices': (s) => {
    call_states['call-duo']!(s);
    s.devices.value = {
      ...s.devices.value,
      canSelectSpeaker: true,
      cameras: [{ kind: 'camera', deviceId: 'c1', label: 'Built-in camera' }],
      microphones: [
        { kind: 'microphone', deviceId: 'm1', label: 'Desk microphone with a rather long name, channel 1' },
      ],
      speakers: [{ kind: 'speaker', deviceId: 's1', label: 'Headphones' }],
    };
    s.dialog.value = 'devices';
  },
  'dialog-add': (s) => {
    call_states['call-duo']!(s);
    s.dialog.value = 'add-people';
  },
  'dialog-shortcuts': (s) => {
    call_states['call-duo']!(s);
    s.dialog.value = 'shortcuts';
  },
  'call-draining': (s) => {
    call_states['call-duo']!(s);
    s.notices.value = [{ id: 1, tone: 'info', text: 'The server stops soon. This call may end then.', end: false }];
  },
};
