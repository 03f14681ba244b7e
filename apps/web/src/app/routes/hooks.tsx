import { useParams } from '@tanstack/react-router';
import { HooksPage } from '../../features/hooks/hooks-page.js';

export default function HooksRoute() {
  const { roomId } = useParams({ from: '/signed-in/rooms/$roomId/hooks' });
  // Keyed by room, so that what is shown once stays with its room.
  return <HooksPage key={roomId} roomId={roomId} />;
}
