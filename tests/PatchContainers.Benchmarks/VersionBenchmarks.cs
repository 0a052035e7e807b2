using BenchmarkDotNet.Attributes;
using PatchContainers.Versions;

namespace PatchContainers.Benchmarks;

/// <summary>The order of versions, as the scanner asks for it: millions of times over a fleet, without allocating.</summary>
[MemoryDiagnoser]
public class VersionBenchmarks
{
    private readonly DebianVersion _left = DebianVersion.Parse("1:3.0.11-1~deb12u2");
    private readonly DebianVersion _right = DebianVersion.Parse("1:3.0.11-1~deb12u10");
    private readonly ApkVersion _older = ApkVersion.Parse("3.1.4_rc1-r5");
    private readonly ApkVersion _newer = ApkVersion.Parse("3.1.4-r6");

    /// <summary>dpkg's order.</summary>
    [Benchmark]
    public int Debian() => _left.CompareTo(_right);

    /// <summary>apk's order.</summary>
    [Benchmark]
    public int Apk() => _older.CompareTo(_newer);
}
