import { Notice } from '../../components/ui/notice.js';
import { LinkButton } from './link-button.js';

export default function RouteNotFound() {
  return (
    <main className="flex h-dvh">
      <Notice title="There is nothing here" action={<LinkButton to="/">To your rooms</LinkButton>}>
        The link may be old, or cut off.
      </Notice>
    </main>
  );
}
