/**
 * What most of the passwords of published leaks are made of, written by hand: the passwords that every one of their rankings begins
 * with, the commonest names and words in them, and the words that mean “password” in several languages. Lower case, without
 * decoration: `password-strength.ts` finds them in other case, with digits for letters, and with something before or after.
 * Runs such as `12345678` and `qwertyui` are found by rule and are not listed.
 */
const listed = `
 password password123 11223344 passwd passwort passw0rd pass passe motdepasse contrasena contraseña senha wachtwoord losenord lösenord adgangskode hasło haslo
 salasana parola şifre sifre parol пароль пасворд lozinka jelszo jelszó heslo passphrase passcode passkey secret geheim segredo secreto
 keyword access admin administrator root user username guest login logon signin default changeme change letmein welcome willkommen
 bienvenue bienvenido bemvindo hello hallo hola bonjour salut ciao ola test tester testing demo example sample temp temporary qwerty
 qwertz azerty asdf zxcv qazwsx wsxedc zaqxsw qweasd asdzxc qweasdzxc abc abcd trustno nothing whatever letme open opensesame sesame
 computer internet server service system network website online windows apple google facebook twitter instagram youtube yahoo hotmail
 gmail linkedin myspace rockyou microsoft android iphone samsung nokia intel linux ubuntu oracle cisco sony playstation nintendo xbox

 iloveyou iloveu ilovey iloveme loveyou loveme love lover lovely loving loves luv teamo tequiero teamomucho jetaime ichliebedich
 princess princesa prinzessin prince queen king angel angels angelo angela angelica angelito baby babygirl babyboy babyblue babydoll
 honey sweety sweetie sweet sweetheart darling dearest beautiful gorgeous cutie cute pretty sexy sexygirl hottie hotgirl hotstuff
 forever friend friends family mother father mommy daddy mama mami papa papi mamapapa sister brother brothers husband children
 amor amore amorcito corazon estrella mariposa bonita hermosa preciosa princesita tesoro schatz liebe
 flower flowers rose rosebud daisy jasmine lily violet tulip orchid sunflower sunshine sunset sunrise moonlight moon starlight star
 stars sun summer winter autumn spring rainbow butterfly buttercup heaven paradise blessed blessing faith hope grace glory peace
 jesus jesuschrist christ god lord savior holy bible church godisgood lovegod inlove heart hearts passion romance kiss kisses hugs

 monkey dragon tiger tigers tigger lion lions panther panthers bear bears wolf wolves eagle eagles falcon falcons hawk hawks raven
 ravens phoenix shark sharks dolphin dolphins whale horse horses mustang stallion pony unicorn kitty kitten kittycat cat cats catdog
 dog dogs doggy doggie puppy puppies bulldog bulldogs rabbit bunny hamster mouse chicken duck turtle frog froggy spider scorpion snake
 cobra viper python jaguar cheetah leopard buffalo elephant penguin panda koala bird birds birdie fish fishing fisher goldfish
 bandit buster buddy rocky lucky lucky7 max maxwell bailey charlie chester cooper duke ginger gizmo harley jake molly oliver oscar
 pepper peanut pumpkin rusty sammy samson shadow smokey snoopy snowball sparky toby zeus patches princess1 misty mickey minnie tweety
 garfield scooby scoobydoo pokemon pikachu mario sonic zelda naruto sasuke goku dragonball hellokitty spongebob barbie disney nemo simba

 football soccer baseball basketball softball hockey tennis golf golfer rugby cricket volleyball swimming swimmer running runner
 skate skater skateboard snowboard surf surfer surfing boxing wrestling karate dance dancer dancing cheer cheerleader gymnast
 champion champions winner winners player players team coach sport sports arsenal chelsea liverpool liverpoolfc manchester manutd
 united everton tottenham celtic rangers barcelona barca realmadrid madrid juventus milan inter bayern dortmund schalke psg benfica
 porto sporting flamengo corinthians palmeiras santos boca riverplate cowboys steelers packers patriots broncos raiders redskins
 dolphins1 giants yankees redsox mets cubs dodgers lakers bulls celtics heat spurs warriors ferrari porsche mercedes bmw audi
 corvette camaro chevy chevrolet toyota honda yamaha suzuki kawasaki ducati nissan mazda ford jeep harleydavidson

 michael michelle jennifer jessica ashley amanda daniel david andrew joshua matthew anthony robert thomas william james john johnny
 joseph jordan justin brandon nicholas nicole nicola samantha stephanie elizabeth victoria vanessa alexander alexandra alexandre
 alexis alex alejandro alejandra andrea andreas andres antonio carlos carolina caroline catherine charles charlotte chris christian
 christina christine christopher claudia daniela danielle diana diego dominic eduardo elena emily emma eric erick fernando francis
 francisco gabriel gabriela george hannah heather isabel isabella jackson jason jasper javier jeremy jonathan jorge jose juan julia
 julian juliana julie karen karina katherine kevin kimberly laura lauren leonardo linda lisa lorenzo louise lucas luis madison manuel
 marcos marcus maria mariana marie mariana marina mario martin martina mary megan melissa melanie miguel miranda monica natalia
 natalie nathan nelson olivia pablo pamela patricia patrick paul paula pedro peter philip rachel rafael rebecca ricardo richard
 roberto rodrigo ryan sabrina sandra santiago sara sarah scott sebastian sergio simon simone sofia sophia sophie stella stephen steve
 steven sunny susan tamara taylor teresa theresa tiffany tyler valentina valeria veronica vincent virginia walter wendy yolanda
 mohammed muhammad mohamed ahmed ali fatima hassan hussein ibrahim mustafa mehmet aysegul yusuf omar priya rahul krishna ganesh
 lakshmi sairam jaimatadi anjali deepak sanjay rajesh pooja neha natasha sergey svetlana vladimir dmitry olga ekaterina tatiana
 наташа марина любовь максим андрей сергей дмитрий александр люблю привет

 master mastermind batman superman spiderman wolverine hulk ironman captain marvel avengers joker superstar rockstar popstar star wars
 starwars skywalker yoda vader jedi matrix terminator rambo bond jamesbond goldeneye trinity neo merlin gandalf frodo hobbit harry
 harrypotter hogwarts potter hermione dumbledore eminem metallica slipknot nirvana beatles blink182 greenday linkinpark acdc ironmaiden
 megadeth pantera tupac 2pac shakira beyonce rihanna madonna britney michaeljackson elvis jordan23 kobe kobe24 lebron ronaldo
 messi neymar beckham zidane cristiano ronaldinho onedirection justinbieber bieber jonas twilight vampire vampires edward bella

 freedom liberty america american usa england london paris france germany deutschland berlin italia roma espana mexico brasil brazil
 argentina colombia peru chile india pakistan bangladesh indonesia philippines pinoy pilipinas malaysia singapore china japan tokyo
 korea vietnam russia moscow ukraine poland polska turkey istanbul turkiye galatasaray fenerbahce besiktas iran israel egypt africa
 nigeria kenya australia sydney canada toronto texas dallas houston chicago boston newyork brooklyn california hollywood lasvegas
 vegas miami florida hawaii jamaica ireland scotland orlando phoenix1 denver detroit oakland seattle

 blue red green black white orange purple yellow pink silver gold golden diamond diamonds crystal pearl ruby emerald sapphire
 chocolate candy cookie cookies cupcake cheese pizza coffee banana apples cherry strawberry blueberry peaches lemon mango coconut
 butter bubbles popcorn sugar spice vanilla cinnamon peppermint whiskey vodka tequila beer budweiser corona cocacola pepsi mcdonalds
 money dollar dollars cash rich business success lucky13 magic wizard genius guru hacker hackers hunter hunting killer killers
 warrior ninja samurai pirate pirates soldier army marine marines navy military police fire fireman firefly ice iceman icecream
 storm thunder lightning hurricane tornado snow snowman water ocean beach island river mountain forest tree garden nature
 ghost devil demon lucifer satan hell hellfire vampire1 zombie monster beast blood death dead skull darkness dark night midnight
 music guitar drummer drums piano singer rock rocknroll hiphop rapper reggae metal punk party disco dancing1 bigboy bigdaddy bigdog
 playboy gangster gangsta thug hustler bitch fuck fucker fuckme fuckoff fuckyou fucking shit bullshit
 sex porn loser stupid idiot crazy psycho
 maverick gateway challenge fender gibson hammer hardcore explorer enterprise voyager stargate startrek apollo galaxy cosmos
 universe planet saturn jupiter mercury neptune venus moonbeam aurora athena apollo13 pegasus olympia titanic
 school student teacher college university science biology chemistry history english spanish class senior junior
 cowboy cowgirl country angelsbaseball camille cassie celeste cheyenne dakota destiny serenity chance hunter1 jasmin mackenzie
 nicole1 sierra savannah skyler spencer tanner trevor tucker tyson winston zachary

 102030 112233 121212 123321 123123 123654 131313 142536 147147 147258 147258369 159357 159753 159951 171717 192837 212121 232323
 252525 321321 321654 456456 456789 555666 666999 696969 741852 741852963 753951 777888 789456 789456123 789789 852456 963852 963852741
 987987 aabbcc aaabbb abc123 q1w2e3 q1w2e3r4 zaq12wsx zaq1xsw2 1qaz2wsx a1b2c3 a1b2c3d4 g12345 ncc1701 thx1138 bond007 agent007 blink182
 p0o9i8u7 1q2w3e 1q2w3e4r 5t6y7u8i r2d2c3po ou812 rush2112 area51 area50 heyhey blahblah lalala hahaha byebye chocho cocacola poohbear
 trustnoone fuckyou2 letmein1 monkey1 qwerty1 password1 welcome1 asdfgh jkl jkljkl asdasd qweqwe zxczxc qwaszx`;

/** Words of {@link listed}, and of this place: what a visitor sees on its pages. */
export const commonWords: ReadonlySet<string> = new Set([
  ...listed.split(/\s+/).filter((word) => word !== ''),
  ...['parley', 'lobby', 'ada', 'chat', 'room', 'rooms', 'chatroom', 'message', 'messages', 'character', 'characters', 'summary'],
]);
