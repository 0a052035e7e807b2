using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>
/// Remembers what the tasks of one version did while they are observed: the manager forgets those that have ended after a few. Swarm starts
/// a task again for ever, so that somebody else has to say when it is enough:
/// <list type="bullet">
/// <item>the image is missing, or a container cannot be made: failed after <see cref="RejectedGrace"/>, since a registry may come
/// back;</item>
/// <item>crash loop: failed when the task number <see cref="CrashLimit"/> of one place has ended;</item>
/// <item>ended, and the service's restart policy starts no other: failed at once;</item>
/// <item>all else (no node, a pull that takes long, a health check that has not said yes): it may heal, and the time limit decides.</item>
/// </list>
/// </summary>
/// <param name="service">The service's name.</param>
/// <param name="ignored">Tasks that had ended before, and say nothing of this version now; null for all that the first look finds.</param>
internal sealed class TaskLog(string service, IReadOnlyCollection<string>? ignored)
{
    public static readonly TimeSpan RejectedGrace = TimeSpan.FromSeconds(30);

    public const int CrashLimit = 3;

    private readonly Dictionary<string, Dictionary<string, JsonElement>> _ended = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _rejectedSince = new(StringComparer.Ordinal);
    private readonly HashSet<string> _started = new(StringComparer.Ordinal);
    private DateTimeOffset? _lostAt;
    private HashSet<string>? _ignored = ignored?.ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether a task of the version was ever seen to run, since the manager was lost.</summary>
    public bool HasRun { get; private set; }

    /// <summary>The tasks that ended by themselves.</summary>
    public IEnumerable<JsonElement> Ended => _ended.Values.SelectMany(place => place.Values);

    /// <summary>Whether a task of this one's place has ended by itself.</summary>
    public bool HasEndedBefore(JsonElement task) => _ended.ContainsKey(task.Place());

    /// <summary>Takes in that a task's container was seen to run, although it is not healthy yet.</summary>
    public void Started(JsonElement task)
    {
        _started.Add(task.Word("ID"));
        HasRun = true;
    }

    /// <summary>
    /// Takes in that the manager could not be asked: an engine that is started anew took its containers with it, so that what the tasks
    /// from before did is not their own any more.
    /// </summary>
    /// <param name="at">When that was, UTC.</param>
    public void Lost(DateTimeOffset at) => (_lostAt, HasRun) = (at, false);

    /// <summary>Whether a task's container ran, and what it did is the image's own doing.</summary>
    public bool HasRunByItself(JsonElement task) => task.HasRun() && !(task.Time("CreatedAt") <= _lostAt);

    /// <summary>Takes in the tasks of the version as they are now.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="now">The time, UTC.</param>
    public void Add(IReadOnlyCollection<JsonElement> tasks, DateTimeOffset now)
    {
        _ignored ??= [.. tasks.Where(t => t.HasEnded()).Select(t => t.Word("ID"))];
        foreach (var task in tasks.Where(t => !_ignored.Contains(t.Word("ID"))))
        {
            HasRun |= HasRunByItself(task);
            if (!task.HasEnded())
            {
                continue;
            }

            if (!_ended.TryGetValue(task.Place(), out var place))
            {
                _ended[task.Place()] = place = new(StringComparer.Ordinal);
            }

            place[task.Word("ID")] = task;
            if (!task.HasRun())
            {
                _rejectedSince.TryAdd(task.Place(), now);
            }
        }
    }

    /// <summary>The worst of what is known; null where nothing is.</summary>
    /// <param name="tasks">The tasks of the version as they are now.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="hasSettled">Whether a task has run for long enough. Where one ended before, the next may do the same.</param>
    public TaskTrouble? Worst(IReadOnlyCollection<JsonElement> tasks, DateTimeOffset now, Func<JsonElement, bool> hasSettled) =>
        tasks.Select(t => t.Place()).Concat(_ended.Keys).Distinct(StringComparer.Ordinal)
        .Select(place => Of(place, [.. tasks.Where(t => t.Place() == place)], now, hasSettled)).OfType<TaskTrouble>()
        .OrderByDescending(t => t.IsFatal).ThenByDescending(t => t.Cause).FirstOrDefault();

    /// <summary>How a task ended, in one sentence.</summary>
    public string Say(JsonElement task)
    {
        var (name, error) = (NameOf(task), SwarmFields.OneLine(task.Word("Status", "Err")).TrimEnd('.'));
        if (!task.HasRun())
        {
            return $"{name} cannot be {(task.State() == "rejected" ? "made" : "started")}: {error}.";
        }

        var code = task.Number("Status", "ContainerStatus", "ExitCode") ?? 0;
        return task.State() == "complete"
            ? string.Create(CultureInfo.InvariantCulture, $"{name} ended by itself with exit code {code} and without an error; one whose ")
                + "health check fails may end so, too."
            : string.Create(CultureInfo.InvariantCulture, $"{name} ended with exit code {code} ({error}).");
    }

    private TaskTrouble? Of(string place, IReadOnlyList<JsonElement> tasks, DateTimeOffset now, Func<JsonElement, bool> hasSettled)
    {
        var ended = _ended.GetValueOrDefault(place)?.Values.OrderBy(t => t.Time("CreatedAt")).ToList() ?? [];
        var wanted = tasks.Where(t => t.IsWanted()).OrderBy(t => t.Time("CreatedAt")).ToList();
        if (wanted.Exists(t => t.IsRunning() && (ended.Count == 0 || hasSettled(t))))
        {
            return null;
        }

        if (ended.Count > 0)
        {
            var last = ended[^1];
            var crashes = ended.Count(HasRunByItself);
            if (crashes >= CrashLimit)
            {
                return new TaskTrouble(TaskCause.CrashLoop, true, true, string.Create(CultureInfo.InvariantCulture,
                    $"{NameOf(last)} ends again and again ({crashes} times). ") + Say(ended.Last(HasRunByItself)));
            }

            if (wanted.Count == 0 && tasks.Any(t => t.Word("ID") == last.Word("ID")))
            {
                return new TaskTrouble(TaskCause.GivenUp, true, HasRunByItself(last),
                    $"{Say(last)} Swarm starts no other one in its place: the service's restart policy says so.");
            }

            if (!last.HasRun())
            {
                return new TaskTrouble(TaskCause.Rejected, now - _rejectedSince[place] >= RejectedGrace, false, Say(last));
            }
        }

        if (wanted is not [.., var current])
        {
            return null;
        }

        var said = SwarmFields.OneLine(current.Word("Status", "Err") is { Length: > 0 } error ? error : current.Word("Status", "Message"))
            .TrimEnd('.');
        return current.State() switch
        {
            "pending" => new TaskTrouble(TaskCause.NoNode, false, false, $"{NameOf(current)} has no node: {said}."),
            "starting" when _started.Contains(current.Word("ID")) => new TaskTrouble(TaskCause.NotHealthy, false, true,
                $"{NameOf(current)} runs, and its health check has not said yes."),
            _ when ended.Count > 0 => new TaskTrouble(TaskCause.Ended, false, HasRunByItself(ended[^1]), Say(ended[^1])),
            _ => new TaskTrouble(TaskCause.Starting, false, false, $"{NameOf(current)} is {current.State()}: {said}."),
        };
    }

    private string NameOf(JsonElement task) => $"Task {service}.{task.Place()}";
}
