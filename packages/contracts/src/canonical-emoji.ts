/** A sign that is a letter or a picture, as the writer's system likes: U+FE0F behind it says that it is a picture. */
const eitherWay = /\p{Emoji}/u;
const pictureAnyway = /[\p{Emoji_Presentation}\p{Emoji_Modifier}]/u;
const skinTone = /^\p{Emoji_Modifier}/u;

/**
 * The one form of an emoji, in which ❤ and ❤️ are the same: keyboards send it with or without the sign that asks for a picture, and Unicode
 * calls this form, with all of them, the fully qualified one. Skin tones stay.
 *
 * The function `canonical_emoji` of the database does the same.
 */
export function canonicalEmoji(emoji: string): string {
  const signs = [...emoji.replace(/[\ufe0e\ufe0f]/g, '')];
  return signs
    .map((sign, index) =>
      eitherWay.test(sign) && !pictureAnyway.test(sign) && !skinTone.test(signs[index + 1] ?? '') ? `${sign}\ufe0f` : sign,
    )
    .join('');
}
