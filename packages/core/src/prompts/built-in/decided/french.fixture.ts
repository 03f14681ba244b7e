/** Conversations in which something is decided: a `!` stands before each message that says what. */
export const french = [
  `zoe: bonjour à tous, il fait froid dans ce bureau ou c'est moi ?
luc: c'est la chaudière, le technicien passe demain
zoe: bon. Le séminaire : on part à Annecy ou à Lille ?
ines: Annecy c'est joli mais le train met quatre heures
luc: Lille est à une heure, et il y a des frites
ines: l'hôtel à Lille coûte 20 euros de moins par nuit aussi
zoe: oui mais on y est déjà allés deux fois
luc: personne ne regarde la ville pendant un séminaire
ines: parle pour toi
zoe: bon, je me rends
!zoe: on va à Lille, du 12 au 14 mars
luc: je savais que les frites allaient gagner
!ines: je réserve l'hôtel cet après-midi, huit chambres`,
  `marc: la caisse du magasin plante dès qu'on scanne un bon d'achat
lise: tous les bons ou seulement ceux de Noël ?
marc: ceux de Noël, le code a un chiffre de plus
remi: on peut corriger le lecteur, mais il faut une semaine
lise: une semaine sans bons d'achat en décembre, non
remi: ou alors on réimprime les bons avec un code normal
marc: il y en a déjà deux cents dans la nature
lise: les caissières peuvent taper le numéro à la main pour ceux-là
marc: elles vont nous maudire
lise: elles nous maudissent déjà
remi: deux cents fois dix secondes, ce n'est pas la mer à boire
!lise: alors on fait comme ça : on réimprime, et les anciens bons se tapent à la main
remi: je lance l'imprimeur
marc: moi j'apporte des chocolats aux caissières`,
  `anne: qui s'occupe du jardin partagé cet été ?
hugo: pas moi, je pars tout le mois d'août
yves: l'an dernier les tomates ont séché en dix jours
anne: justement, il faudrait un arrosage automatique
hugo: ça coûte combien ?
yves: autour de 150 euros avec le programmateur
anne: la caisse a 210 euros
hugo: et les voisins qui promettent de passer chaque soir ?
anne: ils promettent tous les ans
yves: et tous les ans les tomates meurent
hugo: d'accord, d'accord
!anne: donc on achète l'arrosage automatique avec l'argent de la caisse
yves: je l'installe le week-end du 20
!hugo: le compost reste fermé jusqu'en septembre, à cause des rats`,
  `elsa: le client veut avancer la livraison de deux semaines
paul: impossible, les tests ne sont même pas écrits
noe: il veut tout ou seulement la partie facturation ?
elsa: surtout la facturation, à cause de la clôture de fin de mois
paul: la facturation seule, ça change tout
noe: elle est presque prête, il manque les avoirs
elsa: ils en font deux par mois, ils peuvent attendre
paul: alors on peut tenir, mais le reste glisse d'autant
elsa: il l'accepte, je viens de l'avoir au téléphone
noe: il était de bonne humeur ?
elsa: il revenait de vacances
!paul: très bien, la facturation sans les avoirs part le 28, le reste fin avril
noe: je préviens l'équipe de test
elsa: merci à vous deux, vraiment`,
  `gael: vous avez vu l'état du local à vélos ?
maud: on n'y rentre plus, il y a des vélos sans roues depuis trois ans
gael: il faudrait jeter ceux qui n'appartiennent à personne
theo: juridiquement on ne peut pas jeter comme ça
maud: on met une étiquette, et au bout d'un mois sans réponse on donne à une association
theo: un mois c'est court, il y a des gens absents
gael: deux mois alors
theo: oui, deux mois ça va, le syndic avait dit la même chose
maud: il y a un atelier rue Pasteur qui vient même les chercher
gael: parfait
!gael: c'est décidé : étiquettes lundi, et ce qui reste dans deux mois part à l'atelier de la rue Pasteur
maud: j'écris les étiquettes
theo: et moi je retrouve enfin mon vélo peut-être`,
  `jade: on garde l'ancien site pendant la migration ou on coupe net ?
leo: si on coupe, les liens des clients meurent
jade: si on garde, on paie deux serveurs
leo: des redirections suffisent, non ?
nina: il y a 1 800 pages, qui écrit 1 800 redirections
leo: 90 pour cent suivent la même règle
nina: et les autres ?
jade: les autres font trois visites par an
nina: bon, alors elles vont vers l'accueil
leo: ça me paraît raisonnable
jade: le patron demandait si on pouvait finir avant l'été
leo: il demande ça chaque printemps
!jade: on coupe le 1er juin avec une règle de redirection, et tout le reste va vers l'accueil
!nina: le vieux serveur est résilié à la fin du mois de juin`,
  `rose: le loyer de la salle de danse augmente encore, 15 pour cent
alix: ils exagèrent, le sol est fendu
rose: on peut aller au gymnase de l'école, c'est gratuit après 19 heures
ivan: le gymnase sent la chaussette
alix: mais il est gratuit
ivan: et les enfants du cours de 17 heures, on en fait quoi ?
rose: pour eux on garde la salle, deux heures par semaine seulement
alix: ça diviserait la facture par trois
ivan: dans ce cas je veux bien respirer des chaussettes
rose: tu es un héros
!rose: les adultes passent au gymnase dès la rentrée, les enfants restent dans la salle
alix: je signe avec l'école
ivan: j'apporte des bougies parfumées`,
  `cleo: il nous faut un nom pour le podcast avant vendredi
bart: « Au fil de l'eau » ?
cleo: déjà pris, par trois podcasts
fleur: « Les marées basses »
bart: ça fait déprimé
fleur: c'est un podcast sur les phoques, c'est un peu déprimant
cleo: « Grande vasière » ?
bart: personne ne sait ce que c'est
fleur: justement, ça intrigue
cleo: je l'ai dit à ma sœur, elle a demandé ce que c'était et puis elle a écouté l'épisode entier
bart: bon, si ta sœur écoute
!fleur: adjugé, ce sera « Grande vasière »
!cleo: le premier épisode sort le 4, je monte le son ce week-end
bart: et moi je m'occupe des phoques`,
];
