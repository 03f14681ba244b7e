import { Notice } from '../../components/ui/notice.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { LinkButton } from '../../components/ui/link-button.js';

export default function RouteNotFound() {
  return (
    <>
      <title>Not found · Parley</title>
      <ScreenHeader title="Not found" />
      <Notice title="There is nothing here" action={<LinkButton to="/">To your rooms</LinkButton>}>
        The link may be old, or cut off.
      </Notice>
    </>
  );
}
