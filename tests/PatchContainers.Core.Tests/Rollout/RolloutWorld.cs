using PatchContainers.History;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.Updating;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>A folder of rings, a state, and a service on them; a second one on the same folder is another process.</summary>
internal sealed class RolloutWorld : IDisposable
{
    public const string OldDigest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    public const string NewDigest = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    public const string OtherDigest = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";
    public const string OldImage = "registry.example/web:1.4";
    public const string NewImage = $"registry.example/web:1.4-patched@{NewDigest}";

    private readonly TemporaryFolder? _folder;
    private readonly CrashPoint _crash;
    private readonly Func<TimeProvider, SharedState> _open;
    private readonly IImageStore? _images;
    private SharedState _shared = null!;

    public RolloutWorld(CrashPoint? crash = null, ChangeStatus made = ChangeStatus.Written, string? root = null,
        Func<TimeProvider, SharedState>? open = null, IImageStore? images = null)
    {
        _images = images;
        _open = open ?? (clock => SharedState.OfFolder(State, clock));
        _crash = crash ?? new CrashPoint(0);
        _folder = root is null ? new TemporaryFolder() : null;
        Root = root ?? _folder!.Path;
        Platform = new TextPlatform(made);
        Open();
    }

    public string Root { get; }

    public string Rings => Path.Combine(Root, "deploy");

    public ManualClock Clock { get; } = new();

    public TextPlatform Platform { get; }

    public Dictionary<string, ScriptedGate> Gates { get; } = [];

    public PatchState State => new(Path.Combine(Root, "state"));

    public HistoryFile History { get; private set; } = null!;

    public QuarantineStore Quarantine { get; private set; } = null!;

    public IJournalStore Journal => _shared.Journal;

    public RolloutService Service { get; private set; } = null!;

    public List<PatchNotice> Notices { get; } = [];

    public IProgress<PatchNotice> Progress => new ListProgress(Notices);

    public static BaseImageUpdate Update(string image = OldImage, string digest = OldDigest,
        string newImage = "registry.example/web:1.4-patched", string newDigest = NewDigest) => new()
    {
        Image = image,
        Digest = digest,
        NewImage = newImage,
        NewDigest = newDigest,
        Status = UpdateStatus.Updated,
        Fixed = [new UpdateFinding("CVE-2023-0001", "openssl", "3.0.1", "linux/amd64")],
    };

    public RolloutRequest Request(params string[] rings) =>
        new() { Updates = [Update()], Plan = PatchPlan.OfFolders(Rings, rings, [.. Gates.Keys.Select(Gate)]) };

    /// <summary>A request whose rings all have this gate.</summary>
    public RolloutRequest Request(RolloutGate gate, params string[] rings) =>
        new() { Updates = [Update()], Plan = PatchPlan.OfFolders(Rings, rings, [gate]) };

    public RolloutGate Gate(string name) => new(name, "scripted", new Dictionary<string, string>());

    /// <summary>Writes a ring's file: one workload a line.</summary>
    public void Write(string ring, params string[] lines)
    {
        Directory.CreateDirectory(Path.Combine(Rings, ring));
        File.WriteAllLines(FileOf(ring), lines);
    }

    /// <summary>How the live platform runs a workload: <c>rolling</c> by default.</summary>
    public string Strategy(string ring, string name) =>
        File.Exists($"{FileOf(ring)}.{name}") ? File.ReadAllText($"{FileOf(ring)}.{name}") : "rolling";

    public string Read(string ring) => File.ReadAllText(FileOf(ring));

    public string FileOf(string ring) => Path.Combine(Rings, ring, "web.txt");

    public ScriptedGate AddGate(string name, params GateVerdict[] verdicts) => Gates[name] = new ScriptedGate(name, verdicts);

    public async Task<PatchRollout> RunAsync(RolloutRequest request, CancellationToken cancellationToken) =>
        await Service.StartAsync(await Service.PlanAsync(request, Progress, cancellationToken), new RolloutRunOptions(), Progress, cancellationToken);

    /// <summary>The history without what says that another process took over.</summary>
    public async Task<IReadOnlyList<PatchRecord>> ReadHistoryAsync(CancellationToken cancellationToken) =>
        await History.ReadAsync(new HistoryFilter(), cancellationToken).ToListAsync(cancellationToken);

    /// <summary>Another process on the same folder, after the one before has died and its lease's time is over.</summary>
    public void Restart()
    {
        _crash.Disarm();
        Clock.Now += TimeSpan.FromMinutes(3);
        _shared.Dispose();
        History.Dispose();
        Open();
    }

    public void Dispose()
    {
        _shared.Dispose();
        History.Dispose();
        _folder?.Dispose();
    }

    private void Open()
    {
        _shared = _open(Clock);
        History = new HistoryFile(State.History, Clock);
        Quarantine = new QuarantineStore(_shared.Quarantine, Clock);
        Service = new RolloutService(new CrashingJournal(Journal, _crash), Quarantine, new CrashingHistory(History, _crash),
            TextPlatform.Open,
            [new CrashingOrchestrator(Platform, _crash)], g => new CrashingGate(Gates[g.Name], _crash), _images, Clock);
    }

    private sealed class ListProgress(List<PatchNotice> notices) : IProgress<PatchNotice>
    {
        public void Report(PatchNotice value) => notices.Add(value);
    }
}

/// <summary>Requests, changed.</summary>
internal static class RolloutRequests
{
    public static RolloutRequest With(this RolloutRequest request, Func<PatchPlan, PatchPlan> change) =>
        request with { Plan = change(request.Plan) };

    /// <summary>The same rings in another folder.</summary>
    public static RolloutRequest In(this RolloutRequest request, string folder) =>
        request.With(p => PatchPlan.OfFolders(folder, p.Rings.Select(r => r.Name), p.Rings[0].Gates));
}
