/** Conversations in which something is decided: a `!` stands before each message that says what. */
export const spanish = [
  `sol: buenos días, ¿alguien ha visto mis llaves?
raul: en la cocina, al lado de la cafetera, como siempre
sol: gracias. A ver, el curso de verano: ¿lo damos en línea o en el aula?
ines: en el aula vienen diez, en línea se apuntaron cuarenta el año pasado
raul: cuarenta con la cámara apagada
sol: pero pagaron
ines: el aula además cuesta 300 y en julio no hay aire acondicionado
raul: ahí me convences, el año pasado casi me desmayo
sol: ¿y los que no tienen buen internet?
ines: les dejamos las grabaciones
!sol: entonces lo hacemos en línea, con las clases grabadas
raul: compro un micrófono decente
!ines: la inscripción se abre el 2 de junio`,
  `dario: la furgoneta no pasa la revisión, los frenos están fatal
marta: ¿cuánto cuesta arreglarla?
dario: 1.100, y vale 1.500 con suerte
lola: eso es tirar el dinero
marta: una nueva son 18.000, ni hablar
dario: hay una de segunda mano en Toledo por 6.000, con 90.000 kilómetros
lola: mi primo trabaja en ese taller, puedo preguntarle si es de fiar
lola: dice que sí, que la cambió él mismo de correa en enero
marta: podemos pagar la mitad ahora y la mitad en otoño
dario: el dueño acepta, ya se lo había preguntado
marta: qué rápido
!marta: pues compramos la de Toledo y vendemos la vieja como está
dario: el sábado voy a buscarla
lola: ¿alguien quiere los asientos viejos?`,
  `pilar: los vecinos del segundo quieren poner placas solares en el tejado
ivan: ¿para todos o sólo para ellos?
pilar: para todos, pero hay que poner 900 euros por piso
teo: yo ahora mismo no los tengo
ivan: hay una ayuda del ayuntamiento, devuelve la mitad
teo: ¿cuándo?
ivan: en un año, más o menos
pilar: el banco ofrece pagarlo en tres años sin intereses
teo: así ya es otra cosa, son 25 al mes
ivan: y se ahorra más que eso en la factura
pilar: ¿votamos?
teo: yo voto que sí
ivan: yo también
!pilar: aprobado, ponemos las placas y lo pagamos en tres años con el banco
teo: que conste que sigo diciendo que el ascensor hace ruido`,
  `nuria: el informe tiene 80 páginas y nadie pasa de la tercera
hugo: el jefe pidió que estuviera todo
nuria: el jefe tampoco pasa de la tercera
carla: pongamos un resumen de dos páginas y lo demás en un anexo
hugo: ¿y los gráficos?
carla: tres en el resumen, los que se discuten siempre
nuria: me gusta
hugo: a mí me da pena, tardé un mes en hacerlos
nuria: en el anexo estarán preciosos
carla: ¿quién hace el resumen? yo estoy con la auditoría hasta el jueves
hugo: puedo yo
!nuria: quedamos así, dos páginas con tres gráficos y el resto al anexo
!hugo: os lo mando el martes por la noche para que lo leáis`,
  `fede: ¿qué hacemos con el perro del refugio, el que nadie adopta?
gala: es un encanto, pero ladra toda la noche
fede: por eso mismo lo devolvieron dos veces
luis: un adiestrador cuesta 40 la hora
gala: con cinco sesiones se le quita, lo vi con el mío
fede: son 200, y la cuenta está en 650
luis: y hay que comprar pienso el lunes
gala: el pienso lo regala la tienda este mes, me llamaron ayer
luis: ah, entonces no hay problema
fede: además así liberamos la jaula grande antes del invierno
!luis: venga, pagamos las cinco sesiones
gala: yo lo llevo los miércoles
fede: qué alegría me dais`,
  `olga: tenemos que cambiar la contraseña del correo, la sabe medio pueblo
rafa: la sabe hasta el cartero
olga: ayer alguien contestó a un socio con un insulto
nico: ¡no fui yo!
rafa: lo mejor sería que cada uno tuviera su cuenta
nico: son 4 euros al mes por persona
olga: somos seis
rafa: 24 euros, menos que el café
nico: el café es sagrado
olga: el correo también, que luego vienen las denuncias
!olga: hecho, cada uno tendrá su cuenta a partir del lunes y la común se cierra
rafa: yo las creo el domingo por la tarde
nico: pero el insulto, ¿quién fue?`,
  `berta: la boda de Clara es el mismo día que la final, os aviso
joan: ¿cómo que el mismo día?
berta: a las seis la boda, a las nueve la final
elias: ponemos una pantalla en el jardín y ya está
joan: Clara nos mata
berta: Clara es más del equipo que tú
elias: eso es verdad, lleva el escudo en el móvil
joan: ¿y la abuela?
berta: la abuela apuesta
joan: pregúntale primero a Clara, por favor
berta: dice que sí, pero que el baile es antes
!berta: resuelto: baile a las ocho y pantalla en el jardín a las nueve
elias: yo llevo el proyector
!joan: el regalo lo compramos entre todos, 30 euros cada uno`,
  `tere: la panadería nos sube el pan un 20 por ciento desde abril
gil: es que la harina está por las nubes
tere: ya, pero el menú está impreso a 12 euros
rosa: podemos subirlo a 13
gil: a 13 perdemos a los de la obra
rosa: los de la obra acaban en mayo
tere: o quitamos el pan de masa madre y ponemos barra normal
gil: eso sí que no, la gente viene por ese pan
rosa: a mí 12,50 me parece lo justo
gil: 12,50 es un lío con el cambio
rosa: casi todos pagan con tarjeta
tere: es verdad, ayer sólo tres en efectivo
!tere: subimos el menú a 12,50 y el pan no se toca
gil: pues a reimprimir las cartas`,
];
