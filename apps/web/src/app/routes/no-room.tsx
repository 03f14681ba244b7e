import { Notice } from '../../components/ui/notice.js';

/** What stands beside an empty list of rooms. */
export default function NoRoom() {
  return (
    <Notice heading="h1" title="No room yet">
      Make a room with the plus beside Rooms, or browse the public ones.
    </Notice>
  );
}
