import CharactersPage from '../../features/characters/characters-page.js';
import { useOpenDirect } from '../../client/use-open-direct.js';

export default function CharactersRoute() {
  const openDirect = useOpenDirect();
  return <CharactersPage onTalk={(characterId) => openDirect({ characterId })} />;
}
