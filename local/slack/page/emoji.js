// The emoji that messages and reactions use here, by Slack's names.

const NAMES = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|ok_hand 👌|muscle 💪|point_right 👉
point_left 👈|point_up 👆|point_down 👇|eyes 👀|heart ❤️|fire 🔥|tada 🎉|rocket 🚀|sparkles ✨|star ⭐|star2 🌟|zap ⚡|100 💯
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|heavy_multiplication_x ✖️|no_entry ⛔|no_entry_sign 🚫
warning ⚠️|rotating_light 🚨|bangbang ‼️|exclamation ❗|question ❓|grey_question ❔|information_source ℹ️|bulb 💡
hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|alarm_clock ⏰|clock1 🕐|calendar 📆|date 📅|spiral_calendar_pad 🗓️
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|clipboard 📋|memo 📝|pencil 📝|pencil2 ✏️|books 📚|book 📖
page_facing_up 📄|file_folder 📁|open_file_folder 📂|card_index_dividers 🗂️|card_file_box 🗃️|floppy_disk 💾|package 📦|inbox_tray 📥
outbox_tray 📤|mailbox 📫|email ✉️|envelope ✉️|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍|lock 🔒|unlock 🔓|key 🔑
gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|test_tube 🧪|microscope 🔬|telescope 🔭|satellite 🛰️|robot_face 🤖|computer 💻
mag 🔍|mag_right 🔎|bell 🔔|no_bell 🔕|speech_balloon 💬|thought_balloon 💭|moneybag 💰|money_with_wings 💸|dollar 💵|euro 💶|credit_card 💳
tv 📺|radio 📻|newspaper 📰|iphone 📱|telephone ☎️|globe_with_meridians 🌐|earth_africa 🌍|earth_americas 🌎|house 🏠|office 🏢|factory 🏭
red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵|white_circle ⚪|black_circle ⚫
large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩|large_blue_square 🟦|white_large_square ⬜|black_large_square ⬛
small_blue_diamond 🔹|small_orange_diamond 🔸|large_blue_diamond 🔷|red_square 🟥|green_heart 💚|blue_heart 💙|yellow_heart 💛|broken_heart 💔
arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrows_counterclockwise 🔄|repeat 🔁
arrow_forward ▶️|play_or_pause_button ⏯️|double_vertical_bar ⏸️|black_square_for_stop ⏹️|fast_forward ⏩|wastebasket 🗑️|recycle ♻️
smile 😄|slightly_smiling_face 🙂|grin 😁|joy 😂|wink 😉|thinking_face 🤔|sweat_smile 😅|cry 😢|confused 😕|neutral_face 😐|sunglasses 😎|scream 😱
heart_eyes 😍|partying_face 🥳|nerd_face 🤓|ghost 👻|snowflake ❄️|sunny ☀️|cloud ☁️|umbrella ☔|rainbow 🌈|seedling 🌱|herb 🌿|cactus 🌵|coffee ☕
trophy 🏆|medal 🏅|first_place_medal 🥇|second_place_medal 🥈|third_place_medal 🥉|dart 🎯|game_die 🎲|crystal_ball 🔮|balance_scale ⚖️|scales ⚖️
triangular_ruler 📐|straight_ruler 📏|abacus 🧮|label 🏷️|bookmark 🔖|construction 🚧|checkered_flag 🏁|triangular_flag_on_post 🚩|black_small_square ▪️
heavy_plus_sign ➕|heavy_minus_sign ➖|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|new 🆕|ok 🆗|sos 🆘|zzz 💤|boom 💥|detective 🕵️|brain 🧠|shrug 🤷`;

const BY_NAME = new Map(
  NAMES.trim().split(/[|\n]/).map((pair) => {
    const space = pair.lastIndexOf(" ");
    return [pair.slice(0, space), pair.slice(space + 1)];
  }),
);

export const emoji = (name) => BY_NAME.get(name.split("::")[0]);
