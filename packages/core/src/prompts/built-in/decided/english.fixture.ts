/** Conversations in which something is decided: a `!` stands before each message that says what. */
export const english = [
  `bo: morning all, did anyone sleep with that storm last night?
mia: barely, the gutter came down on our side and I was out with a torch at three
bo: ouch. right, the launch. the translation of the manual is late again
cy: how late? the agency told me Thursday but they told me Thursday last week as well
mia: I could live without the French manual on day one, hardly anyone in France has ordered
bo: the shops want a date though, they keep calling me about it
cy: we could ship the English box now and send the French booklet after
mia: that's two print runs, but it beats waiting
!bo: ok then, we launch on the 14th with English only
cy: fine by me
!mia: and I'll tell the shops today, they get the French booklet by the end of the month
cy: I'm still annoyed at that agency to be honest
bo: me too, but that's for another day`,
  `lea: the flat above the bakery is still free, 1,450 a month
tom: the one with the smell of bread at four in the morning?
lea: that is a plus in my book
jun: the other one in Mill Lane has the better light and it's 1,300
tom: no lift though, and we carry forty boxes of samples up there twice a year
lea: true, my back remembers the last office
jun: what did the landlord of the bakery say about painting?
lea: he doesn't mind as long as we go back to white when we leave
tom: then I don't see what speaks against it
jun: only the price, but fine
!lea: so the bakery it is, I'll sign on Monday
tom: bring croissants
!jun: we move in the second week of May, the van is cheaper after the holiday`,
  `ana: the importer fell over again tonight, 40,000 rows and then nothing
raj: same line as before?
ana: no, this time it was the date column, somebody has 31 February in there
raj: we can reject the file or skip the row
ana: if we reject the file, nobody gets their orders in the morning
kim: and if we skip silently, somebody loses an order and blames us in March
raj: skip and write it to a report then
kim: who reads reports
ana: the shop owners do when it's in the mail they get anyway
raj: hm ok that could work
!kim: let's do that: bad rows are skipped and listed in the morning mail
ana: by the way the coffee machine on the second floor is leaking
raj: it has been leaking since August
!ana: I'll write the change, raj reviews it before Wednesday`,
  `may: I looked at three caterers for the summer party, all of them are expensive
dan: what is expensive
may: 38 a head for the cheapest, and that's without drinks
dan: for eighty people? we had 2,000 for everything last year
oli: why don't we just grill ourselves, the park has places for it
may: because last year you said that and then you burned sixty sausages
oli: fifty
dan: a food truck? my cousin has one, tacos, people loved it at the wedding
may: that's actually nice. vegetarians?
dan: half the menu is beans
oli: I'm in, and I'll stay away from the fire
!may: great, we book the taco truck for July 9
dan: I'll call him tonight
may: anyone against? no? good
!oli: drinks we bring ourselves, I get the crates`,
  `ned: has anybody looked at what the new hosting costs us
ivy: 310 last month, it was 120 in the spring
ned: it's the images, we keep every size forever
ivy: we could throw the old sizes away and make them again when someone asks
gus: then the first visitor waits for two seconds
ned: who looks at pictures from 2019
gus: my mother does
ivy: ha. what about a cheaper bucket for everything older than a year
gus: same bytes, a third of the price, and nothing changes for anybody
ned: I like that, it is boring
!ivy: agreed, everything older than a year moves to the cold bucket
gus: I can do it on Sunday when it's quiet
ned: thanks gus
ivy: and please nobody upload the offsite pictures as raw files again`,
  `eva: we need to talk about Friday deploys
sam: oh no
eva: last three outages, all of them on a Friday afternoon, all of them ours
sam: correlation and all that, but yes
lou: customers work on Saturday, that's when they notice, and then nobody is here
sam: a hard rule feels silly, sometimes there is a fix that has to go out
eva: fixes are something else, I mean features
lou: so features stop at noon on Thursday and fixes go whenever
sam: who says what a fix is
lou: whoever is on call
sam: I can live with that
!eva: then that's the rule from next week: no features after Thursday noon, whoever is on call decides about fixes
lou: I'll put it into the handbook
sam: do we have a handbook`,
  `pat: the choir needs a new piece for the autumn concert
joy: not the Requiem again, please
pat: what about something in Welsh, the new tenor could teach us how to say it
lee: four weeks of rehearsals, I'd be scared of the pronunciation
joy: we did Latin in three
lee: everybody mumbles in Latin
pat: there is a short one, Suo Gân, everyone knows the tune from the film
joy: oh that one, I cry every time
lee: alright, short I can do
pat: with the piano or without?
joy: the hall's piano is a semitone flat
!pat: without then. Suo Gân, a cappella, first rehearsal on the 3rd
lee: I'll print the sheets
joy: I'll bring tissues`,
  `ros: the school wants to know by tomorrow whether we take the bus or the train to the museum
kit: bus is 640, train would be 25 each, that's cheaper with 22 kids
ros: and with 22 kids on a platform I lose my mind
abe: last year we lost a lunchbox and a teacher
kit: the teacher came back
abe: eventually. can parents come along?
ros: two said yes
kit: then train is doable, one adult for four children
ros: hm, and if it rains we are inside anyway
abe: the 9:12 is direct
!ros: okay I give in, we take the 9:12 train
kit: I order the tickets this afternoon
!abe: every child wears the yellow vests, no discussion this time
ros: no discussion, promise`,
];
