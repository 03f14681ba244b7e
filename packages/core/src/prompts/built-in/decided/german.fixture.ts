/** Conversations in which something is decided: a `!` stands before each message that says what. */
export const german = [
  `ute: moin, ist der Drucker im dritten Stock schon wieder kaputt?
jan: er ist nicht kaputt, er hat nur keine Lust
ute: sehr witzig. Thema Messe: wir haben den Stand noch nicht bezahlt
kai: ich dachte, das macht die Buchhaltung
ute: die warten auf eine Freigabe, und zwar von uns
jan: brauchen wir die zwölf Quadratmeter wirklich? Letztes Jahr standen wir zu dritt in einer leeren Halle
kai: neun würden reichen, und das spart fast zweitausend Euro
ute: dann passt aber die große Maschine nicht drauf
jan: die hat sich sowieso keiner angesehen
kai: ein Video davon tut es auch
!ute: gut, dann nehmen wir neun Quadratmeter und lassen die Maschine zu Hause
jan: amen
!kai: das Video schneide ich bis zum 20.`,
  `tim: die Mensa macht im August zu, was machen wir mit dem Mittagessen
lia: endlich ein Grund, mal rauszugehen
tim: bei 35 Grad über den Parkplatz?
max: wir könnten reihum kochen, die Küche oben ist doch groß genug
lia: wer macht den Abwasch, das ist doch die Frage
max: die Spülmaschine
tim: die Spülmaschine fasst acht Teller
lia: ein Lieferdienst wäre mir lieber, einer bestellt für alle
max: und jeden Tag Pizza
tim: es gibt da diesen Laden mit den Schüsseln, der bringt auch Salat, 9 Euro pro Portion
lia: den kenne ich, der ist gut
max: na gut, überredet
!tim: also machen wir das so: Bestellung jeden Tag bis elf in die Liste, geliefert wird um halb eins
lia: prima, ich lege die Liste an`,
  `eva: habt ihr den Entwurf vom neuen Logo gesehen
ben: welchen, den mit dem Fuchs oder den mit dem Kreis
eva: beide, die Agentur will heute eine Antwort
ida: der Fuchs sieht aus wie ein Dackel
ben: ich mag Dackel
eva: der Kreis ist halt sehr langweilig, das könnte auch eine Bank sein
ida: dafür erkennt man ihn auch auf einem Kugelschreiber
ben: stimmt, der Fuchs wird klein ganz matschig
eva: und wenn sie den Fuchs einfacher zeichnen?
ida: das kostet noch mal drei Wochen
ben: die haben wir nicht, die Schilder müssen Mitte Juni hängen
!eva: okay, der Kreis, in dem dunkleren Grün
ida: dem Dackel trauere ich trotzdem nach
ben: ich auch`,
  `ole: der Kunde aus Bremen will jetzt doch eine Schnittstelle zu seinem alten Lager
nina: das hat er im Frühjahr noch ausgeschlossen
ole: ja, da war der andere Chef noch da
fritz: technisch ist das ein Albtraum, das Ding spricht nur Fax
nina: du übertreibst
fritz: es schickt Textdateien per Modem, das ist kein Witz
ole: wir könnten ihm einen Export geben, den er selbst einspielt
nina: einmal am Tag eine CSV, das macht sein Praktikant
fritz: damit kann ich leben, das sind zwei Tage Arbeit
ole: und wenn er mehr will?
nina: dann bezahlt er es
!ole: so verbleiben wir, er bekommt jede Nacht eine CSV, alles Weitere wird extra berechnet
fritz: ich fange nach dem Urlaub an
nina: schönen Urlaub übrigens, wo geht es hin
fritz: Dänemark, wie immer`,
  `uli: wer fährt eigentlich mit zum Hüttenwochenende
sina: ich, mit Hund, wenn der Hund darf
uli: die Hütte sagt, Hunde kosten fünf Euro
gerd: ich weiß noch nicht, meine Tochter hat da Geburtstag
sina: welches Wochenende war es denn, das erste oder das zweite im Oktober
uli: das steht eben noch nicht fest
gerd: am zweiten könnte ich
sina: am zweiten ist bei mir auch besser, da sind Ferien
uli: am ersten wäre die Hütte billiger, 40 Euro weniger insgesamt
gerd: durch acht geteilt ist das ein Bier
uli: auch wieder wahr
!uli: dann halten wir das zweite Oktoberwochenende fest, ich buche heute Abend
sina: juhu, der Hund freut sich
!gerd: das Essen übernehme ich, ihr schickt mir bis Montag, was ihr nicht mögt`,
  `rita: der Server läuft voll, noch vier Prozent frei
paul: schon wieder? wir haben doch erst im März aufgeräumt
rita: das sind die Sicherungen, dreißig Tage von jeder Datenbank
jens: brauchen wir dreißig?
paul: gebraucht haben wir noch nie mehr als drei
rita: gebraucht haben wir sie einmal, und da waren wir froh
jens: täglich für eine Woche, dann wöchentlich für drei Monate?
paul: das wären zwanzig statt dreißig und reicht sogar weiter zurück
rita: klingt vernünftig
paul: mich stört nur, dass das Skript von Horst ist und keiner es anfassen mag
jens: Horst ist in Rente
rita: sein Skript leider nicht
!rita: wir machen es: sieben Tage täglich, danach zwölf Wochen wöchentlich
!jens: ich schreibe das Skript neu, Paul schaut drüber`,
  `elke: die Nachbarn haben sich wieder wegen der Proben beschwert
dirk: es war zehn nach zehn!
elke: ja, und um zehn ist Schluss, das steht im Vertrag
moni: wir könnten eine halbe Stunde früher anfangen
dirk: da stehe ich noch im Stau
moni: oder dienstags statt donnerstags, dienstags ist der Laden unten zu und niemand merkt was
elke: dienstags hat Jürgen Chor
dirk: Jürgen kommt eh nur jedes dritte Mal
moni: gemein, aber wahr
elke: ich frage ihn
elke: er sagt, ihm ist es recht, der Chor macht bis Weihnachten Pause
!elke: also ab nächster Woche proben wir dienstags
dirk: dann kaufe ich jetzt endlich das leise Becken
moni: darauf warten wir seit 2018`,
  `arne: die Inventur, Freunde. Jedes Jahr das gleiche Elend
hanna: letztes Jahr haben wir bis Mitternacht Schrauben gezählt
arne: 14.000 Schrauben
veit: kann man die nicht wiegen
hanna: hab ich damals gesagt, da haben alle gelacht
arne: ich habe nicht gelacht, ich hatte nur keine Waage
veit: eine Zählwaage kostet 180 Euro, die haben wir nach einem Abend wieder drin
hanna: und die genauen Teile zählen wir weiter von Hand
arne: ja, alles über fünf Euro das Stück
veit: einverstanden
!arne: beschlossen: Kleinteile werden gewogen, alles über fünf Euro wird gezählt
!hanna: ich bestelle die Waage, sie muss bis zum 27. da sein
veit: und diesmal bitte mit Pizza`,
];
