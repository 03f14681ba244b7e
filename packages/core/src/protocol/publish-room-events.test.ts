import { type DurableEvent, type RoomEventsPayload, channels } from '@parley/contracts';
import { describe, expect, it } from 'vitest';
import { RecordingBus } from '../testing/recording-bus.js';
import { publishRoomEvents } from './publish-room-events.js';

const roomId = '019a0000-0000-7000-8000-00000000f00d';
const silent = { info() {}, warn() {}, error() {} };

function roomEvent(rev: number, topic: string): DurableEvent {
  const createdAt = '2026-11-20T12:00:00.000Z';
  return {
    type: 'room',
    rev,
    room: { id: roomId, name: 'A', topic, visibility: 'public', memberCount: 1, archivedAt: null, createdAt, rev },
  };
}

function sent(bus: RecordingBus): RoomEventsPayload[] {
  return bus.on(channels.roomEvents(roomId));
}

describe('publishRoomEvents', () => {
  it('sends what one statement wrote together, then the head', () => {
    const bus = new RecordingBus();
    const events = [roomEvent(4, 'a'), roomEvent(5, 'b')];
    publishRoomEvents({ bus, log: silent }, roomId, events, { seq: 3, rev: 5 });
    expect(bus.published).toEqual([
      { subject: channels.roomEvents(roomId).subject, payload: { events } },
      { subject: channels.roomHead(roomId).subject, payload: { seq: 3, rev: 5 } },
    ]);
  });

  it('sends only the rev of an event the bus cannot carry, measured in bytes', () => {
    const bus = new RecordingBus();
    bus.maxPayloadBytes = 4_000;
    // 1,200 units, but 3,600 bytes.
    const large = roomEvent(5, '…'.repeat(1_200));
    publishRoomEvents({ bus, log: silent }, roomId, [roomEvent(4, 'a'), large, roomEvent(6, 'c')], { seq: 3, rev: 6 });
    expect(sent(bus).flatMap((payload) => payload.events)).toEqual([roomEvent(4, 'a'), { rev: 5 }, roomEvent(6, 'c')]);
  });

  it('sends events too large together apart, in order, none lost', () => {
    const bus = new RecordingBus();
    bus.maxPayloadBytes = 3_000;
    const events = Array.from({ length: 12 }, (_, i) => roomEvent(i + 1, 'x'.repeat(900)));
    publishRoomEvents({ bus, log: silent }, roomId, events, { seq: 0, rev: 12 });
    expect(sent(bus).length).toBeGreaterThan(1);
    expect(sent(bus).flatMap((payload) => payload.events)).toEqual(events);
  });

  it('never throws: what it could not send is logged', () => {
    const bus = new RecordingBus();
    bus.publish = () => {
      throw new Error('broken');
    };
    const errors: string[] = [];
    const log = { ...silent, error: (_: object, message: string) => void errors.push(message) };
    publishRoomEvents({ bus, log }, roomId, [roomEvent(1, 'a')], { seq: 0, rev: 1 });
    expect(errors).toEqual(['could not publish the events of a room']);
  });
});
