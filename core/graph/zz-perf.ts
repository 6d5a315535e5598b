import { makeTask } from '/work/main/core/graph/task-fixture.ts';
import { orderOverlaps } from '/work/main/core/graph/overlap.ts';
import { normaliseGraph } from '/work/main/core/graph/normalise.ts';
import { validateGraph } from '/work/main/core/graph/validate.ts';
import { forecastGraph } from '/work/main/core/graph/forecast.ts';
import { computeWaves, ranks, criticalPath } from '/work/main/core/graph/waves.ts';
import { diffGraphs } from '/work/main/core/graph/diff.ts';
import { applyEdits } from '/work/main/core/graph/edit.ts';
import { renderMermaid } from '/work/main/core/graph/mermaid.ts';
const N=10000;
let seed=7; const rnd=(n:number)=>{seed=(seed*1103515245+12345)&0x7fffffff;return seed%n;};
const id=(i:number)=>`t-${i}`;
const base=makeTask('x');
const mk=(i:number,dependsOn:string[],scope:string[])=>({...base,id:id(i),dependsOn,scope,estimate:1+rnd(30)});
const range=[...Array(N).keys()];
const graphs:Record<string,any[]>={
 chain: range.map(i=>mk(i,i?[id(i-1)]:[],[`src/m${i}/`,'package-lock.json'])),
 fan: range.map(i=>mk(i,i===0?[]:i===N-1?range.slice(1,N-1).map(id):[id(0)],[`src/m${i}/`])),
 random: range.map(i=>mk(i,i?[...new Set([id(rnd(i)),id(rnd(i)),id(Math.max(0,i-1-rnd(50)))])].slice(0,1+rnd(3)):[],Array.from({length:3},()=>`src/a${rnd(100)}/b${rnd(100)}/f${rnd(20)}.ts`))),
 onefile: range.map(i=>mk(i,[],['src/app.ts'])),
 dirsVsFiles: range.map(i=>mk(i,[],i<5000?[`src/f${i}.ts`]:['src/'])),
 alternate: range.map(i=>mk(i,[],i%2?[`src/f${i}.ts`]:['src/*.ts'])),
 both: range.map(i=>mk(i,[],[`src/f${i}.ts`,'src/*.ts'])),
 globs: range.map(i=>mk(i,[],[`src/m${i}/**/*.ts`,`**/x${i%1000}.ts`])),
 globstarMix: range.map(i=>mk(i,[],i%2?[`src/m${i}/f${i}.ts`]:[`**/*.test.ts`])),
 distinctRootGlobs: range.map(i=>mk(i,[],[`**/x-${i}*.ts`])),
 sharedAll: range.map(i=>mk(i,[],[`src/m${i}/`,'package-lock.json'])),
 sharedChain: range.map(i=>mk(i,i?[id(i-1)]:[],[`src/m${i}/`,'package-lock.json'])),
};
const time=(name:string,f:()=>any)=>{const s=process.cpuUsage();const r=f();const u=process.cpuUsage(s);const ms=(u.user+u.system)/1000; out.push(`${name} ${ms.toFixed(0)}`);return r;};
let out:string[]=[];
for(const [name,tasks] of Object.entries(graphs)){
 out=[];
 time('validate',()=>validateGraph(tasks,{repositories:['o/r'],source:'person',maxTasks:10000}));
 const o=time('overlaps',()=>orderOverlaps(tasks,[],name.startsWith('shared')?['package-lock.json','**/CHANGELOG.md']:[],['o/r']));
 const o2=orderOverlaps;
 time('waves',()=>computeWaves(tasks,o.edges)); time('ranks',()=>ranks(tasks,o.edges)); time('critical',()=>criticalPath(tasks,o.edges));
 time('forecast',()=>forecastGraph(tasks,o.edges,{slots:50,tokensPerMinute:1000}));
 const n=time('normalise',()=>normaliseGraph(tasks,o.edges,['o/r']));
 time('diff',()=>diffGraphs(tasks,tasks.map(t=>({...t,title:'x'}))));
 time('edits500',()=>applyEdits(tasks,Array.from({length:500},(_,i)=>({op:'add_edge' as const,from:id(i),to:id(N-1-i)}))));
 time('remove500',()=>applyEdits(tasks,Array.from({length:500},(_,i)=>({op:'remove_task' as const,task:id(i*7)}))));
 time('mermaid',()=>renderMermaid(tasks,o.edges,()=>'merged'));
 console.log(name.padEnd(18), out.join(' | '), `| edges ${o.edges.length} remaining ${o.remaining.length} nodes ${n.length}`);
}
