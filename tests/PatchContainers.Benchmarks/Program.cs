using System.Globalization;
using BenchmarkDotNet.Running;
using PatchContainers.Benchmarks;

// "layers", "read-layers" and "packages" take an image, "rebase" an image and NAME=OLDREF, "scan" an image and fixes.tsv, "report" a
// scanner's report, "ring" how many rollouts on the current cluster, "swarm" two images and how many updates of a service; everything else is BenchmarkDotNet's.
return args switch
{
    ["layers", var image] => await LayerComparison.RunAsync(image),
    ["read-layers", var image] => await LayerComparison.ReadAsync(image),
    ["packages", var image] => await PackageTimes.RunAsync(image),
    ["rebase", var image, var baseImage] => await RebaseTimes.RunAsync(image, baseImage),
    ["scan", var image, var fixes] => await ScanTimes.RunAsync(image, fixes),
    ["report", var path] => await ReportTimes.RunAsync(path),
    ["ring", var runs] => await RingTimes.RunAsync(int.Parse(runs, CultureInfo.InvariantCulture)),
    ["swarm", var old, var now, var runs] => await SwarmTimes.RunAsync(old, now, int.Parse(runs, CultureInfo.InvariantCulture)),
    _ => RunBenchmarks(args),
};

static int RunBenchmarks(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(LayerComparison).Assembly).Run(args);
    return 0;
}
