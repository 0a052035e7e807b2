using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace PatchContainers.Rollout.Journal;

/// <summary>
/// A process, so that another can tell whether it still lives. Process ids are given again, and containers on one machine may share its
/// name: the id counts together with the time at which the process started, on the same boot of the same machine, in the same space of
/// process ids.
/// </summary>
internal sealed record ProcessIdentity
{
    /// <summary>The machine; on Linux also its boot and the space of process ids.</summary>
    public required string Host { get; init; }

    public required int Id { get; init; }

    /// <summary>When it started, in the system's own units; empty where that could not be read.</summary>
    public string Start { get; init; } = string.Empty;

    /// <summary>This process.</summary>
    public static ProcessIdentity Current() => new()
    {
        Host = CurrentHost(),
        Id = Environment.ProcessId,
        Start = StartOf(Environment.ProcessId) ?? string.Empty,
    };

    /// <summary>Whether the process has certainly ended. False where that cannot be told from here.</summary>
    public bool IsDead() => Start.Length > 0 && Host == CurrentHost()
        && (StartOf(Id) is not { } start || (start.Length > 0 && start != Start));

    private static string CurrentHost()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Environment.MachineName;
        }

        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            return $"{Environment.MachineName}/{boot}/{new FileInfo("/proc/self/ns/pid").LinkTarget}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc nobody can be told from anybody else: a host that equals no other leaves it to the lease's time.
            return $"{Environment.MachineName}/{Guid.NewGuid():N}";
        }
    }

    // Null where there is no such process; empty where there is one, and its start cannot be read.
    private static string? StartOf(int id)
    {
        try
        {
            var stat = string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat");
            if (OperatingSystem.IsLinux() && File.Exists(stat))
            {
                // Field 22, in clock ticks since boot; the name in field 2 may hold blanks and brackets. A zombie has ended.
                var text = File.ReadAllText(stat);
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                return fields[0] is "Z" or "X" ? null : fields[19];
            }

            // /proc may hide the processes of other users (hidepid): not to see one is not proof that it ended.
            using var process = Process.GetProcessById(id);
            return OperatingSystem.IsLinux() ? string.Empty : process.StartTime.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
        }
        catch (ArgumentException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or Win32Exception)
        {
            return string.Empty;
        }
    }
}
