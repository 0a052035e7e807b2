using PatchContainers.Rollout;
using PatchContainers.TestKit;

namespace PatchContainers.Core.Tests.Health;

/// <summary>Makes gates of settings that are written as lines.</summary>
internal static class GateMaker
{
    public const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    public static Dictionary<string, string> Settings(params string[] lines) => lines.SelectMany(l => l.Split('\n'))
        .Where(l => l.Length > 0).Select(l => l.Split(": ", 2)).ToDictionary(l => l[0], l => l[1]);

    public static IHealthGate Gate(string kind, Dictionary<string, string> settings, Dictionary<string, string>? environment = null,
        TimeProvider? clock = null) => new GateFactory(null, clock ?? new FakeClock { SkipsUpTo = TimeSpan.FromSeconds(1) },
            n => environment?.GetValueOrDefault(n)).Create(new RolloutGate("mine", kind, settings));

    public static GateContext Context(string? baseline = null) => Context(baseline, Change("web"));

    public static GateContext Context(string? baseline, params RolloutChange[] changes) =>
        new() { Ring = "staging", Changes = changes, Baseline = baseline };

    public static RolloutChange Change(string name, string digest = Digest) => new()
    {
        Workload = $"kubernetes://prod/shop/Deployment/{name}#app",
        Platform = "Kubernetes",
        Ring = "staging",
        OldImage = $"registry.example/{name}:1",
        NewImage = $"registry.example/{name}:2@{digest}",
        NewDigest = digest,
    };
}
