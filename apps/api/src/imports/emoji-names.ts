/** Names by which Slack and Mattermost know emoji, of those that people react with most. */
const names: Record<string, string> = Object.fromEntries(
  `👍 +1 thumbsup|👎 -1 thumbsdown|❤️ heart|😂 joy|🤣 rofl rolling_on_the_floor_laughing|😄 smile|😃 smiley|😀 grinning|😁 grin|😆 laughing satisfied|😅 sweat_smile
🙂 slightly_smiling_face|🙃 upside_down_face|😉 wink|😊 blush|😇 innocent|🥰 smiling_face_with_3_hearts smiling_face_with_three_hearts|😍 heart_eyes|🤩 star-struck star_struck|😘 kissing_heart
😋 yum|😛 stuck_out_tongue|😜 stuck_out_tongue_winking_eye|🤪 zany_face|🤗 hugging_face hugs|🤭 face_with_hand_over_mouth|🤫 shushing_face|🤔 thinking_face thinking|🤐 zipper_mouth_face
🤨 face_with_raised_eyebrow raised_eyebrow|😐 neutral_face|😑 expressionless|😶 no_mouth|😏 smirk|😒 unamused|🙄 face_with_rolling_eyes rolling_eyes roll_eyes|😬 grimacing|😌 relieved|😔 pensive
😪 sleepy|😴 sleeping|😷 mask|🤒 face_with_thermometer|🤕 face_with_head_bandage|🤢 nauseated_face|🤮 face_vomiting|🥵 hot_face|🥶 cold_face|😵 dizzy_face|🤯 exploding_head|🤠 face_with_cowboy_hat cowboy_hat_face
🥳 partying_face|😎 sunglasses|🤓 nerd_face|🧐 face_with_monocle monocle_face|😕 confused|😟 worried|🙁 slightly_frowning_face|☹️ white_frowning_face frowning_face|😮 open_mouth|😯 hushed|😲 astonished
😳 flushed|🥺 pleading_face|😦 frowning|😧 anguished|😨 fearful|😰 cold_sweat|😥 disappointed_relieved|😢 cry|😭 sob|😱 scream|😖 confounded|😣 persevere|😞 disappointed|😓 sweat|😩 weary|😫 tired_face
🥱 yawning_face|😤 triumph|😡 rage pout|😠 angry|🤬 face_with_symbols_on_mouth|😈 smiling_imp|💀 skull|💩 hankey poop shit|🤡 clown_face|👻 ghost|👽 alien|🤖 robot_face robot
😺 smiley_cat|😸 smile_cat|😹 joy_cat|😻 heart_eyes_cat|🙈 see_no_evil|🙉 hear_no_evil|🙊 speak_no_evil|💋 kiss|💯 100|💢 anger|💥 boom collision|💫 dizzy|💦 sweat_drops|💨 dash|💬 speech_balloon|💭 thought_balloon|💤 zzz
👋 wave|✋ hand raised_hand|🖖 spock-hand vulcan_salute|👌 ok_hand|✌️ v|🤞 crossed_fingers|🤟 i_love_you_hand_sign|🤘 the_horns metal|🤙 call_me_hand|👈 point_left|👉 point_right|👆 point_up_2|👇 point_down|☝️ point_up
✊ fist fist_raised|👊 facepunch punch fist_oncoming|👏 clap|🙌 raised_hands|👐 open_hands|🤲 palms_up_together|🤝 handshake|🙏 pray|✍️ writing_hand|💪 muscle|🧠 brain|👀 eyes|👁️ eye|👶 baby|🙋 raising_hand|🙇 bow|🤦 face_palm facepalm|🤷 shrug
👮 cop|🕵️ sleuth_or_spy detective|💂 guardsman|👷 construction_worker|🤴 prince|👸 princess|🦸 superhero|🧙 mage|🏃 runner running|💃 dancer|🕺 man_dancing|👯 dancers
🧡 orange_heart|💛 yellow_heart|💚 green_heart|💙 blue_heart|💜 purple_heart|🖤 black_heart|🤍 white_heart|💔 broken_heart|💕 two_hearts|💖 sparkling_heart|💗 heartpulse
🐶 dog|🐱 cat|🐭 mouse|🐰 rabbit|🦊 fox_face|🐻 bear|🐼 panda_face|🦁 lion_face lion|🐮 cow|🐷 pig|🐸 frog|🐵 monkey_face|🐔 chicken|🐧 penguin|🐦 bird|🦄 unicorn_face unicorn|🐝 bee honeybee|🐛 bug|🦋 butterfly|🐌 snail|🐢 turtle|🐍 snake|🐙 octopus|🐳 whale|🐬 dolphin flipper|🦀 crab|🐘 elephant
💐 bouquet|🌹 rose|🌻 sunflower|🌱 seedling|🌲 evergreen_tree|🍀 four_leaf_clover|🍁 maple_leaf|🌍 earth_africa|🌎 earth_americas|🌏 earth_asia|🌙 crescent_moon|⭐ star|🌟 star2|✨ sparkles|⚡ zap|🔥 fire|🌈 rainbow|☀️ sunny|☁️ cloud|☔ umbrella_with_rain_drops umbrella|❄️ snowflake|⛄ snowman_without_snow snowman|🌊 ocean
🍎 apple|🍌 banana|🍉 watermelon|🍓 strawberry|🍒 cherries|🍑 peach|🍍 pineapple|🥑 avocado|🌶️ hot_pepper|🍞 bread|🧀 cheese_wedge cheese|🥓 bacon|🍔 hamburger|🍟 fries|🍕 pizza|🌮 taco|🌯 burrito|🍣 sushi|🍦 icecream|🍩 doughnut|🍪 cookie|🎂 birthday|🍰 cake|🍫 chocolate_bar|🍿 popcorn|☕ coffee|🍵 tea|🍺 beer|🍻 beers|🥂 clinking_glasses|🍷 wine_glass|🍸 cocktail|🍹 tropical_drink|🍾 champagne
⚽ soccer|🏀 basketball|🏈 football|🎾 tennis|🏆 trophy|🥇 first_place_medal 1st_place_medal|🏅 sports_medal medal_sports|🎯 dart|🎮 video_game|🎲 game_die|🎨 art|🎤 microphone|🎧 headphones|🎸 guitar|🎵 musical_note|🎶 notes|🎬 clapper|🎉 tada|🎊 confetti_ball|🎈 balloon|🎁 gift|🎄 christmas_tree|🎃 jack_o_lantern|🎓 mortar_board
🚗 car red_car|🚕 taxi|🚌 bus|🚓 police_car|🚑 ambulance|🚒 fire_engine|🚚 truck|🚲 bike|🚀 rocket|✈️ airplane|🚢 ship|🚂 steam_locomotive|🚨 rotating_light|🚧 construction|🚦 vertical_traffic_light|⛵ boat sailboat|🏠 house|🏢 office|🏥 hospital|🏦 bank|🏖️ beach_with_umbrella beach_umbrella|⛺ tent|🗽 statue_of_liberty
⌚ watch|📱 iphone|💻 computer|⌨️ keyboard|🖨️ printer|💾 floppy_disk|📷 camera|📺 tv|☎️ phone telephone|🔋 battery|🔌 electric_plug|💡 bulb|🔦 flashlight|📖 book open_book|📚 books|📝 memo pencil|✏️ pencil2|📎 paperclip|📌 pushpin|📍 round_pushpin|✂️ scissors|📅 date|📆 calendar|📈 chart_with_upwards_trend|📉 chart_with_downwards_trend|📊 bar_chart|📋 clipboard|📁 file_folder|📦 package|📫 mailbox|📧 e-mail email|✉️ envelope|🔒 lock|🔓 unlock|🔑 key|🔨 hammer|🔧 wrench|⚙️ gear|🔗 link|🧪 test_tube|🔬 microscope|💊 pill|🚪 door|🛒 shopping_trolley shopping_cart|💰 moneybag|💸 money_with_wings|💳 credit_card|💎 gem|⚖️ scales balance_scale|🔔 bell|🔕 no_bell|📢 loudspeaker|📣 mega|⏰ alarm_clock|⏳ hourglass_flowing_sand|⌛ hourglass|🕐 clock1
✅ white_check_mark|☑️ ballot_box_with_check|✔️ heavy_check_mark|❌ x|❎ negative_squared_cross_mark|➕ heavy_plus_sign|➖ heavy_minus_sign|➡️ arrow_right|⬅️ arrow_left|⬆️ arrow_up|⬇️ arrow_down|🔄 arrows_counterclockwise|♻️ recycle|🔍 mag|🔎 mag_right|❓ question|❔ grey_question|❗ exclamation heavy_exclamation_mark|‼️ bangbang|⚠️ warning|🚫 no_entry_sign|⛔ no_entry|🆗 ok|🆕 new|🆒 cool|🆓 free|🆙 up|🔝 top|🔜 soon|🔴 red_circle|🟠 large_orange_circle orange_circle|🟡 large_yellow_circle yellow_circle|🟢 large_green_circle green_circle|🔵 large_blue_circle|🟣 large_purple_circle purple_circle|⚫ black_circle|⚪ white_circle|🏁 checkered_flag|🚩 triangular_flag_on_post|🏳️ waving_white_flag white_flag|🏴‍☠️ pirate_flag
0️⃣ zero|1️⃣ one|2️⃣ two|3️⃣ three|4️⃣ four|5️⃣ five|6️⃣ six|7️⃣ seven|8️⃣ eight|9️⃣ nine|🔟 keycap_ten`
    .split(/[|\n]/)
    .flatMap((entry) => {
      const [emoji, ...known] = entry.split(' ');
      return known.map((name) => [name, emoji!]);
    }),
);

const tones = ['🏻', '🏼', '🏽', '🏾', '🏿'];

/** The emoji of a name, which may say a tone of the skin (`+1::skin-tone-2`); null for one that is not known, as those that people make. */
export function emojiNamed(name: string): string | null {
  const [base = '', tone = ''] = name.split('::');
  if (!Object.hasOwn(names, base)) return null;
  const skin = tone.startsWith('skin-tone-') ? (tones[Number(tone.slice('skin-tone-'.length)) - 2] ?? '') : '';
  return skin === '' ? names[base]! : names[base]!.replace('\ufe0f', '') + skin;
}
